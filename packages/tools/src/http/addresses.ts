import { BlockList, isIP } from 'node:net'

/** What an IP address leads to. `metadata`: services of clouds that give out credentials. `translated`: IPv6 addresses that stand for IPv4 addresses. */
export type AddressKind = 'public' | 'loopback' | 'private' | 'link-local' | 'metadata' | 'translated' | 'reserved'

type Ranges = readonly (readonly [kind: Exclude<AddressKind, 'public'>, subnets: readonly string[]])[]

/**
 * The first match counts. The metadata services are those of AWS, Azure, Google, Oracle and Alibaba.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 */
const ranges4: Ranges = [
  ['metadata', ['169.254.169.254/32', '168.63.129.16/32', '100.100.100.200/32', '192.0.0.192/32']],
  ['loopback', ['127.0.0.0/8']],
  ['private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10']],
  ['link-local', ['169.254.0.0/16']],
  ['reserved', ['0.0.0.0/8', '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24']],
  ['reserved', ['224.0.0.0/4', '240.0.0.0/4']],
]

/** @see https://www.iana.org/assignments/iana-ipv6-special-registry */
const ranges6: Ranges = [
  ['metadata', ['fd00:ec2::254/128', 'fd20:ce::254/128']],
  ['loopback', ['::1/128']],
  ['reserved', ['::/128']],
  ['translated', ['::ffff:0:0/96', '::/96', '64:ff9b::/96', '64:ff9b:1::/48', '2002::/16', '2001::/32']],
  ['private', ['fc00::/7']],
  ['link-local', ['fe80::/10']],
  // Only 2000::/3 is assigned to hosts of the internet.
  ['reserved', ['2001::/23', '2001:db8::/32', '3fff::/20', '::/3', '4000::/2', '8000::/1']],
]

const lists = { ipv4: blockLists(ranges4, 'ipv4'), ipv6: blockLists(ranges6, 'ipv6') }

/** A list for each row and family: a list with subnets of both families would compare IPv4 addresses with the IPv6 subnets that contain them. */
function blockLists(ranges: Ranges, family: 'ipv4' | 'ipv6'): readonly { readonly kind: AddressKind; readonly list: BlockList }[] {
  return ranges.map(([kind, subnets]) => {
    const list = new BlockList()
    for (const subnet of subnets) {
      const [address = '', prefix] = subnet.split('/')
      list.addSubnet(address, Number(prefix), family)
    }
    return { kind, list }
  })
}

/** What an IP address leads to. What is not an address is `reserved`. */
export function kindOfAddress(address: string): AddressKind {
  const bare = address.replace(/%.*$/, '')
  const version = isIP(bare)
  if (version === 0) return 'reserved'
  const family = version === 6 ? 'ipv6' : 'ipv4'
  return lists[family].find(({ list }) => list.check(bare, family))?.kind ?? 'public'
}
