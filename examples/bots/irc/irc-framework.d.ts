// What the bot uses of irc-framework 4.14, which has no types of its own.
declare module 'irc-framework' {
  interface IrcMessage {
    readonly nick: string
    readonly target: string
    readonly message: string
    readonly from_server: boolean
    /** The account of the author: only from a server with the capability `account-tag`, and only for those who are logged in. */
    readonly account?: string
    /** Set for messages that are played back. */
    readonly batch?: unknown
  }

  interface IrcEvents {
    registered(): void
    close(): void
    'socket close'(): void
    'nick in use'(): void
    join(event: { readonly nick: string; readonly channel: string }): void
    part(event: { readonly nick: string; readonly channel: string }): void
    kick(event: { readonly kicked: string; readonly channel: string }): void
    privmsg(event: IrcMessage): void
    pong(event: { readonly message: string }): void
  }

  interface ConnectOptions {
    readonly host: string
    readonly port: number
    readonly tls?: boolean
    readonly nick: string
    readonly username: string
    readonly gecos: string
    /** Of the server. */
    readonly password?: string
    /** For SASL. */
    readonly account?: { readonly account: string; readonly password: string }
    readonly auto_reconnect: boolean
    readonly version: string | null
  }

  class Client {
    readonly user: { readonly nick: string }
    readonly network: { readonly cap: { isEnabled(name: string): boolean } }
    readonly connected: boolean
    connect(options?: ConnectOptions): void
    join(channel: string): void
    raw(...parts: readonly string[]): void
    ping(token: string): void
    changeNick(nick: string): void
    quit(message?: string): void
    caseLower(text: string): string
    on<Name extends keyof IrcEvents>(name: Name, listener: IrcEvents[Name]): this
    off<Name extends keyof IrcEvents>(name: Name, listener: IrcEvents[Name]): this
  }

  const irc: { readonly Client: typeof Client }

  export { Client, type ConnectOptions, type IrcMessage }
  // biome-ignore lint/style/noDefaultExport: a CommonJS module has one.
  export default irc
}
