import { test } from 'vitest'
import { startSimulator, parseFault } from '@capstan/simulator'
import { clients } from './support/clients.ts'
const faults = ['reset:before-headers','reset:after-headers','reset:first-event','reset:mid-stream','reset:before-finish','reset:before-done','reset:after-done','close:before-headers','close:after-headers','close:mid-stream','close:before-done','stall:before-headers','stall:mid-stream','cut:120','cut:400','garbage','hang-up','status:503','html','redirect:307','redirect:302','json-body:completion','json-body:error','json-body:envelope','content-type:text/plain','content-length:10','content-length:-10','many-headers:1000','gzip','gzip:corrupt=true','keep-alive:5','flood:comments,count=1000','flood:blank-lines,count=1000','malformed:2','duplicate:2','no-finish','no-finish:done=false','no-done','after-done','error-event:first','error-event:mid-stream','error-event:mid-stream,named=true','usage:missing','usage:every-event','usage:negative','usage:text','chunking:1','chunking:1+7+3','slow:2','line-ending:crlf','line-ending:cr','byte-order-mark','huge-event:1000000','length','empty','empty:reasoning=true','finish-reason:content_filter','finish-reason:insufficient_system_resource','leaked-markup:kimi','leaked-markup:deepseek-v3.2']
test('explore', async () => {
  for (const f of faults) for (const model of ['kimi-k2-thinking', 'deepseek-chat']) for (const client of clients) {
    let fault; try { fault = parseFault(f) } catch (e) { console.log(f, String(e)); continue }
    await using s = await startSimulator({ respond: () => ({ reasoning: 'I think.', text: 'Four degrees in Oslo.', ...(f.startsWith('leaked') && {toolCalls:[{name:'get_weather', input:{city:'Oslo'}}]}), fault }) })
    try {
      const p = await client.ask({ baseURL: s.baseURL, model, signal: AbortSignal.timeout(f.startsWith('stall') ? 100 : 3000) })
      console.log(`${f} | ${model} | ${client.name} | OK ${JSON.stringify([p.text, p.reasoning, p.calls, p.finishReason, p.usage?.total]).slice(0,250)} req=${s.requests.length}`)
    } catch (e: any) { console.log(`${f} | ${model} | ${client.name} | ERR ${e?.constructor?.name} ${e?.name} status=${e?.status ?? e?.statusCode} retryable=${e?.isRetryable}: ${String(e?.message).slice(0,140)} cause=${e?.cause?.code ?? e?.cause?.message ?? e?.cause?.name} req=${s.requests.length}`) }
  }
}, 120000)
