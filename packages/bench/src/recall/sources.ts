/** A public repository of which data is used, at one commit. */
export interface Source {
  readonly repository: string
  readonly commit: string
  readonly licence: string
  readonly files: readonly string[]
}

const leaderboard = 'berkeley-function-call-leaderboard/bfcl_eval/data'

/** Data sets of the Berkeley Function Calling Leaderboard that have functions. */
export const leaderboardFiles: readonly string[] = [
  ...['irrelevance', 'live_irrelevance', 'live_multiple', 'live_parallel', 'live_parallel_multiple', 'live_relevance', 'live_simple'],
  ...['multiple', 'parallel', 'parallel_multiple', 'simple_java', 'simple_javascript', 'simple_python'],
].map((name) => `${leaderboard}/BFCL_v4_${name}.json`)

export const functionFiles: readonly string[] = [
  ...['gorilla_file_system', 'math_api', 'memory_kv', 'memory_rec_sum', 'memory_vector', 'message_api'],
  ...['posting_api', 'ticket_api', 'trading_bot', 'travel_booking', 'vehicle_control', 'web_search'],
].map((name) => `${leaderboard}/multi_turn_func_doc/${name}.json`)

/** Queries, and what they are answered with. */
export const questionFiles = {
  live: { questions: `${leaderboard}/BFCL_v4_live_multiple.json`, answers: `${leaderboard}/possible_answer/BFCL_v4_live_multiple.json` },
  simple: { questions: `${leaderboard}/BFCL_v4_simple_python.json`, answers: `${leaderboard}/possible_answer/BFCL_v4_simple_python.json` },
}

/** Descriptions of web interfaces. Those of the folder that are not valid JSON are left out. */
export const apiZooFiles: readonly string[] = [
  ...['Datadog_API', 'GoogleFormsAPI', 'Google_Calendar_API', 'Google_Chat_API', 'Google_Docs_API', 'Google_Drive_API', 'Google_Search_Console_API'],
  ...['Google_Sheets_API', 'Google_Slides_API', 'Google_Translate_API', 'Oracle_Primavera_Cloud_REST_API', 'Oracle_REST_Data_Services_API'],
  ...['REST_API_for_Documents', 'REST_API_for_Oracle_Cloud_Infrastructure_Process_Automation', 'REST_API_for_Oracle_Integration_3', 'Weaviate_API'],
  ...['Youtube_API', 'Zoom_API', 'aryanvichare', 'danielgeorge', 'felixzhu1', 'jennifer818', 'servicenow', 'shawnharmsen1', 'yfinance'],
].map((name) => `data/apizoo/${name}.json`)

export const metaToolFiles = { tools: 'dataset/plugin_des.json', questions: 'dataset/data/all_clean_data.csv' }
export const mcpToolsFile = 'tools/LiveMCPTool/tools.json'

export const gorilla: Source = {
  repository: 'ShishirPatil/gorilla',
  commit: '6ea57973c7a6097fd7c5915698c54c17c5b1b6c8',
  licence: 'Apache-2.0',
  files: [...new Set([...leaderboardFiles, ...functionFiles, ...Object.values(questionFiles).flatMap((files) => Object.values(files)), ...apiZooFiles])],
}

export const metaTool: Source = {
  repository: 'HowieHwong/MetaTool',
  commit: '35e81bb7576826e980c80fed8f8c0a2b4a1e6fbb',
  licence: 'MIT',
  files: Object.values(metaToolFiles),
}

export const liveMcpBench: Source = {
  repository: 'icip-cas/LiveMCPBench',
  commit: 'a928e57d1ee7a25579b9a7036030faffff72d15b',
  licence: 'Apache-2.0',
  files: [mcpToolsFile],
}

export const sources: readonly Source[] = [gorilla, metaTool, liveMcpBench]
