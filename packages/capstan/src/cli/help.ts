import { type ShownText, say } from './terminal/shown-text.ts'

/** The help text of the command: at most 80 columns. */
export const helpText: ShownText = say`capstan: run an agent with tools from the command line.

Usage
  capstan run [options] "question"     result on stdout, the rest on stderr
  capstan run [options] < file         the question comes from stdin
  capstan run [options] "text:" -      stdin replaces the -
  capstan chat [options]               a conversation; Ctrl-C stops a reply
  capstan demo [options] ["question"]  like run; offline model without a key
  capstan runs [command] [options]     recorded runs: list, decide, resume
  capstan trace FILE [options]         look at recorded runs in a browser
  capstan replay FILE [options]        a changed agent on a recorded run
  capstan simulate [options]           a local provider for tests
  capstan verify [options]             check an endpoint against its profile
  capstan help | --help | --version

Model (run, chat, demo)
  --model ID          default kimi-k2-thinking; deepseek-chat, ... or any
                      model that the endpoint of --base-url serves;
                      deepseek/ID and moonshot/ID: the vendors' own
                      endpoints, keys in DEEPSEEK_API_KEY, MOONSHOT_API_KEY
  --base-url URL      default https://api.evolink.ai/v1; also documented:
                      https://direct.evolink.ai/v1
  --api-key-env NAME  variable with the key; default EVOLINK_API_KEY, or the
                      variable of the vendor
  --offline           the offline model of the simulator: no key, no network.
                      It follows rules and is not a language model
  --instructions TEXT instructions for the model

  --agent FILE#NAME   your own agent: the export of a module; default name:
                      agent. It cannot be combined with the options above

Tools (run, chat, demo): calculator, dates, and files (read-only)
  --root DIR          the folder that the file tools can read; default .
  --no-calculator  --no-dates  --no-files  --no-tools
  --mcp COMMAND       tools of an MCP server that is started so, such as
                      --mcp "files=npx -y SERVER ."; a name before it stands
                      before its tools. Repeatable. A person approves each
                      call. It needs the package @capstan/mcp
  --mcp-url URL       the same for a server that is reached over HTTP
  --mcp-env NAME      a variable that these processes get; always: PATH, HOME
  --text-tools        for models that take no tools, such as
                      deepseek-reasoner: they get them as text

Limits (run, chat, demo)
  --max-steps N       model calls; default 20
  --max-tool-calls N  default 100
  --max-tokens N      input and output tokens of the run; default none
  --max-seconds N     active time of the run; default 1800
  --grace-seconds N   after SIGTERM nothing new begins, and work in progress
                      may take this long; default 8 (also for runs resume)

Output (run, demo)
  --json              the result as one JSON object on stdout
  --jsonl             every event as a line of JSON on stdout
  --quiet             only errors and questions on stderr
  --full              no line is cut (also for chat, runs show, runs resume)

Recording (run, demo)
  --journal DIR       records the run, so that it survives a crash and can wait
                      for a person. The runs commands read .capstan/runs unless
                      --journal names another folder. DIR can also be
                      postgresql://USER@HOST/DATABASE, which needs the package
                      pg; set the password in PGPASSWORD
  --run-id ID         default random. A recorded run with this id is continued

  --trace FILE        writes events and HTTP exchanges, without keys (also for
                      chat, runs resume). With CAPSTAN_TRACE=DIR in the
                      environment, each run gets a file in that folder

Runs (each takes --journal DIR and --json)
  runs list [--status S] [--of AGENT] [--limit N] [--cursor TEXT]
                      the last begun first, 100 unless N says otherwise; S is
                      finished, limit, paused, unusable, unfinished or broken
  runs show ID        with the ids of its questions; with --full nothing is cut
  runs approve ID QUESTION [--input JSON] [--answer TEXT] [--for-target]
                      --for-target: all calls of the tool with the same
                      destinations, for the rest of the run
  runs deny ID QUESTION [--reason TEXT]
  runs outcome ID QUESTION --output TEXT | --failed TEXT | --again
                      the outcome of a call that a crash interrupted
  runs resume ID --agent FILE#NAME [--force] [--jsonl] [--quiet]
                      --force takes the run from an owner that is certainly
                      gone; --sessions DIR: the store of the session of the
                      run, by default .capstan/sessions, or the same database

Trace
  trace FILE          prints the address of a page that shows the run in FILE:
                      a trace or a tape. It can also be a folder of traces, the
                      folder of a journal or of one run in it, or the connection
                      string of a journal in PostgreSQL. The page is served on
                      this machine only, until Ctrl-C
  --follow            also shows what is added to the run later, and waits for
                      a FILE that is not there yet
  --html OUT          writes the page and the run into the file OUT instead. It
                      holds the contents of all messages
  --run ID            the run for --html, where there are several
  --port N            default 0, a free port

Replay
  replay FILE --agent FILE#NAME
                      runs the agent on a tape, or a trace with the tape:
                      without a network, a key and costs. It shows where the
                      agent leaves the recorded run, with exit code 1
  --run-tool NAME     executes this tool; may be repeated. All others give
                      their recorded results
  --run-id ID         the run, where the file has several
  --full              nothing is cut
  --json              the report as one JSON object on stdout

Simulate
  --endpoint NAME     evolink (default), deepseek, moonshot, openrouter,
                      vllm, sglang, llama.cpp or ollama
  --port N            default 0, a free port. The first line of stdout is the
                      base URL
  --api-key KEY       the only key that is accepted; default any
  --fault FAULT       adds a fault to the replies, such as status:429 or
                      stall:first-event; may be repeated
  --chunk-delay MS    pause between the events of a stream; default 0
  --seed N            default 1

Verify (with --model, --base-url, --api-key-env as above)
  --profile NAME      the expected profile: vllmKimi, llamaCpp, openRouter, ...;
                      default: the profile of the model
  --cases FILE        tool-call cases, a request body or {messages, tools} on
                      each line; default: a small built-in set
  --reference FILE    results of another run, to compare for which cases tools
                      are called (F1)
  --save FILE         writes the results of this run
  --max-cases N       default 100
  --max-seconds N     for each request; default 120
  --min-accuracy N    minimum schema accuracy for exit code 0; default 0.95
  --min-f1 N          minimum trigger F1 for exit code 0; default 0.73
  --only probes|cases default both
  --json              all results as one JSON object on stdout

Exit codes
  0 finished   1 error   2 usage   3 a limit, or the context window, was reached
  4 paused or stopped, or the outcome of a call is unknown
  75 another process is working on the run   130 aborted
  replay: 0 same course   1 left, or an error   2 usage
  verify: 0 as expected   1 the endpoint differs or fails   2 usage
`
