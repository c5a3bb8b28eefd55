import { deepseek, type Model, moonshot } from 'capstan'

/** A model and its prices, at which a task is measured. */
export interface PricedModel {
  readonly name: string
  readonly endpoint: 'deepseek' | 'moonshot'
  readonly model: string
  make(baseURL: string): Model
}

const apiKey = 'measured'

/** The models that are measured: their prices and context windows are those of their profiles. */
export const pricedModels: readonly PricedModel[] = [
  { name: 'deepseek-flash', endpoint: 'deepseek', model: 'deepseek-flash', make: (baseURL) => deepseek('deepseek-flash', { baseURL, apiKey }) },
  { name: 'deepseek-v4-pro', endpoint: 'deepseek', model: 'deepseek-v4-pro', make: (baseURL) => deepseek('deepseek-v4-pro', { baseURL, apiKey }) },
  { name: 'kimi-k2.6 (256k)', endpoint: 'moonshot', model: 'kimi-k2.6', make: (baseURL) => moonshot('kimi-k2.6', { baseURL, apiKey }) },
  { name: 'kimi-k3', endpoint: 'moonshot', model: 'kimi-k3', make: (baseURL) => moonshot('kimi-k3', { baseURL, apiKey }) },
]
