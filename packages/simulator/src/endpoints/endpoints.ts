import { deepseekVendorModels } from '../models/deepseek-vendor.ts'
import { evolinkModels } from '../models/evolink-models.ts'
import { moonshotModels } from '../models/moonshot.ts'
import { llamaCppModels, ollamaModels, openRouterModels, sglangModels, vllmModels } from '../models/self-hosted.ts'
import type { EndpointName, SimulatedEndpoint } from './simulated-endpoint.ts'

const notFound = { status: 404, text: 'Not found the model {model} or Permission denied', type: 'resource_not_found_error' } as const

/** All endpoints that can be simulated, by name. */
export const simulatedEndpoints: { readonly [Name in EndpointName]: SimulatedEndpoint } = {
  evolink: {
    name: 'evolink',
    url: 'https://api.evolink.ai/v1',
    basePath: '/v1',
    models: evolinkModels,
    // Errors have the form that most clients can read.
    family: 'deepseek',
    unknownModel: notFound,
  },
  deepseek: {
    name: 'deepseek',
    url: 'https://api.deepseek.com',
    basePath: '',
    otherPaths: ['/v1'],
    betaPath: '/beta',
    models: deepseekVendorModels,
    family: 'deepseek',
    unknownModel: 'The supported API model names are {models}, but you passed {model}.',
  },
  moonshot: { name: 'moonshot', url: 'https://api.moonshot.ai/v1', basePath: '/v1', models: moonshotModels, family: 'moonshot', unknownModel: notFound },
  openrouter: {
    name: 'openrouter',
    url: 'https://openrouter.ai/api/v1',
    basePath: '/api/v1',
    models: openRouterModels,
    family: 'openrouter',
    unknownModel: '{model} is not a valid model ID',
  },
  vllm: {
    name: 'vllm',
    url: 'http://localhost:8000/v1',
    basePath: '/v1',
    models: vllmModels,
    family: 'vllm',
    unknownModel: { status: 404, text: 'The model `{model}` does not exist.', type: 'NotFoundError' },
    keyless: true,
  },
  // It serves the model that it was started with, for any name.
  sglang: { name: 'sglang', url: 'http://localhost:30000/v1', basePath: '/v1', models: sglangModels, family: 'sglang', keyless: true },
  'llama.cpp': {
    name: 'llama.cpp',
    url: 'http://localhost:8080/v1',
    basePath: '/v1',
    otherPaths: [''],
    models: llamaCppModels,
    family: 'llama.cpp',
    keyless: true,
  },
  ollama: {
    name: 'ollama',
    url: 'http://localhost:11434/v1',
    basePath: '/v1',
    models: ollamaModels,
    family: 'ollama',
    unknownModel: { status: 404, text: "model '{model}' not found", type: 'not_found_error' },
    keyless: true,
  },
}
