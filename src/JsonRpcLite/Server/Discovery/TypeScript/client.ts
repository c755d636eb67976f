/** What all calls of a client share. */
export interface ClientOptions {
  /** Header fields of every request, such as a token; a function is asked before each of them. */
  headers?: Record<string, string> | (() => Record<string, string> | Promise<Record<string, string>>) | undefined;
  /** Sends the requests in place of the global fetch. */
  fetch?: typeof fetch | undefined;
  /** Aborts every call of the client. */
  signal?: AbortSignal | undefined;
}

/** What belongs to one call. */
export interface CallOptions {
  /** Ends the call. The server cancels a method that streams or reports progress; another one may run on. */
  signal?: AbortSignal | undefined;
}

/** What belongs to one call of a method that reports progress. */
export interface ProgressOptions<Value> extends CallOptions {
  /** Gets each report when it comes. */
  onProgress?: ((value: Value) => void) | undefined;
}

/** An error that the server answered with (JSON-RPC 2.0, 5.1). */
export class JsonRpcError extends Error {
  readonly code: number;
  /** What the server adds to the message; undefined where it adds nothing. */
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.name = "JsonRpcError";
    this.code = code;
    this.data = data;
  }
}

/** A call without a whole JSON-RPC reply: no connection, a refusal that is not JSON-RPC, or a reply that was cut off. */
export class JsonRpcHttpError extends Error {
  /** The status of the response; 0 where none came. */
  readonly status: number;

  constructor(status: number, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "JsonRpcHttpError";
    this.status = status;
  }
}

/** Makes a client of the server at this address. It keeps no connection: there is nothing to close. */
export function createClient(url: string, options: ClientOptions = {}): Client {
  const client = {};
  let lastId = 0;
  for (const method of methods) {
    let place: object = client;
    for (const part of method.path.slice(0, -1)) place = ownMember(place, part) ?? define(place, part, {});
    define(place, method.path[method.path.length - 1]!, (...args: unknown[]) => {
      const [params, call] = argumentsOf(method, args);
      if (method.notify) return notify(url, options, method, params, call);
      const start = () => exchange(url, options, method, params, call, ++lastId);
      return method.stream ? { [Symbol.asyncIterator]: start } : resultOf(start());
    });
  }
  define(client, "$notify", (name: string, ...args: unknown[]) => {
    const method = methods.find(known => known.name === name)!;
    return notify(url, options, method, ...argumentsOf(method, args));
  });
  return client as Client;
}

interface Method {
  name: string;
  path: string[];
  /** The first argument holds the parameters. */
  params?: true;
  stream?: true;
  /** It has no result, and is called by notifications only. */
  notify?: true;
}

interface Message {
  method?: unknown;
  id?: unknown;
  params?: { id?: unknown; item?: unknown; value?: unknown } | null;
  result?: unknown;
  error?: { code?: unknown; message?: unknown; data?: unknown } | null;
}

type AnyCall = ProgressOptions<unknown>;

function ownMember(place: object, name: string): object | undefined {
  return Object.getOwnPropertyDescriptor(place, name)?.value as object | undefined;
}

/** A group may be a function, whose name and length cannot be assigned; and __proto__ is a name as any other. */
function define<T extends object>(place: object, name: string, value: T): T {
  Object.defineProperty(place, name, { value, enumerable: true, configurable: true, writable: true });
  return value;
}

function argumentsOf(method: Method, args: unknown[]): [unknown, AnyCall] {
  return [method.params ? args[0] : undefined, (args[method.params ? 1 : 0] ?? {}) as AnyCall];
}

async function resultOf(reply: AsyncGenerator<unknown, unknown, undefined>): Promise<unknown> {
  for (;;) {
    const next = await reply.next();
    if (next.done) return next.value;
  }
}

async function notify(url: string, options: ClientOptions, method: Method, params: unknown, call: AnyCall): Promise<void> {
  for await (const message of send(url, options, { jsonrpc: "2.0", method: method.name, params }, "application/json", call)) throwErrorOf(message);
}

/** Yields the items of a stream, and returns the result. */
async function* exchange(url: string, options: ClientOptions, method: Method, params: unknown, call: AnyCall, id: number): AsyncGenerator<unknown, unknown, undefined> {
  const accept = method.stream || call.onProgress ? "text/event-stream, application/json" : "application/json";
  for await (const message of send(url, options, { jsonrpc: "2.0", method: method.name, params, id }, accept, call)) {
    const own = message.params?.id === id;
    if (message.method === "rpc.item" && own) yield message.params?.item;
    else if (message.method === "rpc.progress" && own) call.onProgress?.(message.params?.value);
    else if (message.method === undefined && (message.id === id || (message.id ?? null) === null)) {
      throwErrorOf(message);
      if (message.id !== id || !("result" in message)) continue;
      if (!method.stream) return message.result;
      // A server that does not stream answers with the list; a stream ends with null.
      if (Array.isArray(message.result)) yield* message.result;
      return undefined;
    }
  }
  throw new JsonRpcHttpError(0, "The reply has no response.");
}

function throwErrorOf(message: Message): void {
  const error = message.error;
  if (error && typeof error.code === "number") throw new JsonRpcError(error.code, String(error.message), error.data);
}

/** Yields the messages of a reply, those of a stream as they come. Leaving the loop ends the connection; a reply that ends without the response throws. */
async function* send(url: string, options: ClientOptions, request: { id?: number; [name: string]: unknown }, accept: string, call: CallOptions): AsyncGenerator<Message, void, undefined> {
  const headers = typeof options.headers === "function" ? await options.headers() : options.headers;
  const connection = new AbortController();
  const listeners: [AbortSignal, () => void][] = [];
  for (const signal of [options.signal, call.signal]) {
    signal?.throwIfAborted();
    if (signal) listeners.push([signal, () => connection.abort(signal.reason)]);
  }
  for (const [signal, listener] of listeners) signal.addEventListener("abort", listener);
  let status = 0;
  try {
    const response = await (options.fetch ?? fetch)(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: accept, ...headers },
      body: JSON.stringify(request),
      signal: connection.signal,
    });
    status = response.status;
    if (response.ok && response.body && /^text\/event-stream\b/i.test(response.headers.get("Content-Type") ?? "")) {
      for await (const data of events(response.body)) yield parse(data, status);
      throw new JsonRpcHttpError(status, "The stream was cut off: it ended without a response.");
    }
    const text = await response.text();
    if (request.id === undefined && response.ok && text.trim() === "") return;
    yield parse(text, status);
    if (request.id !== undefined || !response.ok) throw new JsonRpcHttpError(status, `The reply is not a response to the call (status ${status}).`);
  } catch (error) {
    if (connection.signal.aborted) throw connection.signal.reason;
    if (error instanceof JsonRpcHttpError) throw error;
    throw new JsonRpcHttpError(status, status ? "The reply was cut off." : "The server does not answer.", error);
  } finally {
    for (const [signal, listener] of listeners) signal.removeEventListener("abort", listener);
    connection.abort();
  }
}

function parse(text: string, status: number): Message {
  try {
    const message: unknown = JSON.parse(text);
    if (typeof message === "object" && message !== null) return message;
  } catch {
    // The error that follows says it.
  }
  throw new JsonRpcHttpError(status, `The reply is not JSON-RPC (status ${status}).`);
}

/** The data of server-sent events (HTML Living Standard, 9.2.6). A line is kept in pieces until it ends, or a long one would take the square of its time. */
async function* events(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let pieces: string[] = [];
  let data: string[] = [];
  let type = "";
  let endedInCr = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const text = decoder.decode(value, { stream: true });
      if (text === "") continue;
      // CRLF may come in two pieces.
      const lines = (endedInCr && text.startsWith("\n") ? text.slice(1) : text).split(/\r\n|\r|\n/);
      endedInCr = text.endsWith("\r");
      const rest = lines.pop()!;
      for (const end of lines) {
        const line = [...pieces, end].join("");
        pieces = [];
        const [, name, content] = /^([^:]*):? ?([^]*)$/.exec(line)!;
        if (line === "") {
          if (data.length > 0 && (type === "" || type === "message")) yield data.join("\n");
          data = [];
          type = "";
        } else if (name === "data") data.push(content!);
        else if (name === "event") type = content!;
      }
      if (rest !== "") pieces.push(rest);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
