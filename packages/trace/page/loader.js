// Unpacks the script of the page and runs it. The policy of the page allows exactly this script and that one, by their hashes.
const packed = document.querySelector('#packed').textContent
const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0))
const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'))
const script = document.createElement('script')
script.type = 'module'
script.textContent = await new Response(stream).text()
document.head.append(script)
