import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

/** A person at an IRC client, for the demonstration and the tests: it writes what it is told to, and remembers what it reads. */
export class Person {
  readonly nick: string
  /** Each line from the server. */
  readonly lines: string[] = []
  readonly #socket: Socket
  readonly #waiting = new Set<() => void>()
  #seen = 0

  private constructor(nick: string, socket: Socket) {
    this.nick = nick
    this.#socket = socket
    createInterface({ input: socket }).on('line', (line) => {
      if (line.startsWith('PING')) this.send(line.replace('PING', 'PONG'))
      this.lines.push(line)
      for (const check of this.#waiting) check()
    })
    socket.on('error', () => {})
  }

  /** Connects and joins a channel, or several with commas between them. */
  static async join(port: number, nick: string, channel: string): Promise<Person> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const person = new Person(nick, socket)
    person.send(`NICK ${nick}\r\nUSER ${nick} 0 * :${nick}`)
    await person.reads(/ 376 | 422 /)
    person.send(`JOIN ${channel}`)
    await person.reads(/ 366 /)
    return person
  }

  /** Sends a line as it is. */
  send(line: string): void {
    this.#socket.write(`${line}\r\n`)
  }

  say(channel: string, text: string): void {
    this.send(`PRIVMSG ${channel} :${text}`)
  }

  /** Waits for a line that has not been waited for, and returns it. Lines before it are skipped. */
  async reads(pattern: RegExp): Promise<string> {
    return await new Promise((resolve) => {
      const check = (): void => {
        const index = this.lines.findIndex((line, at) => at >= this.#seen && pattern.test(line))
        if (index < 0) return
        this.#seen = index + 1
        this.#waiting.delete(check)
        resolve(this.lines[index] ?? '')
      }
      this.#waiting.add(check)
      check()
    })
  }

  leave(): void {
    this.#socket.destroy()
  }
}
