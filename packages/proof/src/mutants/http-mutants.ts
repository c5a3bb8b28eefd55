import { type Mutant, mutantsOf } from './mutant.ts'

const http = 'packages/tools/src/http'
const guardTest = `${http}/http-guard.test.ts`
const limitsTest = `${http}/http-limits.test.ts`

/** Faults in the guard and in the limits of the tools for HTTP. */
export const httpMutants: readonly Mutant[] = [
  ...mutantsOf({ file: `${http}/resolve.ts`, test: guardTest }, [
    {
      name: 'only the first address of a host is checked',
      search: 'for (const { address } of addresses) checkAddress(address, kinds)',
      replace: "checkAddress(addresses[0]?.address ?? '', kinds)",
      killer: 'one bad address among good ones',
    },
    { name: 'addresses are not checked', search: 'if (!kinds.includes(kind)) throw', replace: 'if (kind === undefined) throw', killer: 'http://127.0.0.1/' },
  ]),
  ...mutantsOf({ file: `${http}/connect.ts`, test: guardTest }, [
    {
      name: 'the address of the connection is not checked',
      search: "checkAddress(socket.remoteAddress ?? '', kinds)",
      replace: 'void checkAddress',
      killer: 'the address of the connection itself is checked, whatever was looked up',
    },
  ]),
  ...mutantsOf({ file: `${http}/connect.ts`, test: limitsTest }, [
    {
      name: 'certificates are checked as the environment says',
      search: 'rejectUnauthorized: true,',
      replace: '',
      killer: 'https: needs a valid certificate, also where the environment says otherwise',
    },
  ]),
  ...mutantsOf({ file: `${http}/request.ts`, test: guardTest }, [
    {
      name: 'a redirect leads to any public host',
      search: 'const isListed = from.isListed && next.isListed',
      replace: 'const isListed = true',
      killer: 'where all public hosts are allowed, a redirect does not lead to another host',
    },
  ]),
  ...mutantsOf({ file: `${http}/hosts.ts`, test: guardTest }, [
    {
      name: 'a host is compared by its end',
      search: ': name === this.hostname',
      replace: ': name.endsWith(this.hostname)',
      killer: 'https://evilexample.org/',
    },
    {
      name: 'private hosts may have any address',
      search: "['public', 'loopback', 'private']",
      replace: "['public', 'loopback', 'private', 'link-local', 'metadata', 'translated', 'reserved']",
      killer: 'privateHosts does not open',
    },
  ]),
  ...mutantsOf({ file: `${http}/read-body.ts`, test: limitsTest }, [
    {
      name: 'the bytes of a compressed body are not counted',
      search: 'if (sent <= maxBytes || stream === message) return',
      replace: 'if (sent > 0) return',
      killer: 'a compressed body that decompresses to nothing ends at the same number of bytes',
    },
  ]),
]
