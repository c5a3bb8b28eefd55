import { deepseekProfiles, deepseekURL } from './deepseek.ts'
import { evolinkProfiles } from './evolink.ts'
import { moonshotProfiles, moonshotURLs } from './moonshot.ts'
import type { ModelProfile } from './profile.ts'

/** An endpoint that is known by name. */
export interface Endpoint {
  readonly baseURL: string
  /** The environment variable that holds its key. */
  readonly apiKeyEnv: string
  readonly profiles: readonly ModelProfile[]
}

/** The endpoints that are known by name. */
export const endpoints: Readonly<Record<'evolink' | 'deepseek' | 'moonshot', Endpoint>> = {
  evolink: { baseURL: 'https://api.evolink.ai/v1', apiKeyEnv: 'EVOLINK_API_KEY', profiles: evolinkProfiles },
  deepseek: { baseURL: deepseekURL, apiKeyEnv: 'DEEPSEEK_API_KEY', profiles: deepseekProfiles },
  moonshot: { baseURL: moonshotURLs.intl, apiKeyEnv: 'MOONSHOT_API_KEY', profiles: moonshotProfiles },
}
