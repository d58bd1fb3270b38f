/**
 * Serves ClickHouse's HTTP interface with the engine of chdb, for tests with the real client: one process, no users, no
 * replicas. Prints its port. Arguments: the folder of the data, and the port (0: any).
 *
 * `POST /fault?table=…&count=…&when=before|after` makes the next inserts into a table lose their connection before or after
 * they are done. `POST /hold?table=…` makes the next insert into a table get no response, and `POST /held` responds when it is
 * done.
 * `POST /refuse?requests=inserts|everything|nothing&code=…` makes requests of clients fail.
 */
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import { createGunzip, gzipSync } from 'node:zlib';

const { Session } = createRequire(import.meta.url)('chdb');

const [folder, port = '0'] = process.argv.slice(2);
const session = new Session(folder);
/** Faults by table. */
const faults = new Map();
/** Table whose next insert gets no response, and what happens then. */
const holds = new Map();
let held = Promise.resolve();
let refused = { requests: 'nothing', code: '' };

/** Parameters of the URL that are no settings. */
const NO_SETTINGS = new Set([
  'query',
  'wait_end_of_query',
  'buffer_size',
  'query_id',
  'database',
  'session_id',
  'default_format',
  'compress',
]);

/** Names of errors. */
const REFUSALS = { 242: 'TABLE_IS_READ_ONLY', 243: 'NOT_ENOUGH_SPACE', 516: 'AUTHENTICATION_FAILED' };

const server = createServer((request, response) => {
  respond(request, response).catch((error) => fail(response, error));
});
server.listen(Number(port), '127.0.0.1', () => process.stdout.write(`port ${server.address().port}\n`));
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
  session.close();
});

async function respond(request, response) {
  const url = new URL(request.url, 'http://127.0.0.1');
  if (url.pathname === '/ping') return response.end('Ok.\n');
  if (url.pathname === '/fault') return addFault(url.searchParams, response);
  if (url.pathname === '/hold') return addHold(url.searchParams, response);
  if (url.pathname === '/held') return held.then(() => response.end());
  if (url.pathname === '/refuse') {
    refused = Object.fromEntries(url.searchParams);
    return response.end();
  }
  const body = await text(
    request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request,
  );
  const parameters = new Map();
  const settings = [];
  for (const [name, value] of url.searchParams) {
    if (name.startsWith('param_')) parameters.set(name.slice('param_'.length), value);
    else if (!NO_SETTINGS.has(name)) settings.push(`${name} = '${value.replaceAll("'", "\\'")}'`);
  }
  const inUrl = url.searchParams.get('query');
  const insert = /^\s*insert\s[^]*?(?=format\s)/i.exec(inUrl ?? '')?.[0];
  // Statements of tests have no parameters.
  if (url.search !== '' && isRefused(insert !== undefined))
    throw new Error(`Code: ${refused.code}. DB::Exception: Refused. (${REFUSALS[refused.code]})`);
  if (insert !== undefined) {
    const fault = faultOf(insert);
    if (fault === 'before') return request.socket.destroy();
    const form = inUrl.slice(insert.length);
    await session.queryAsync(`${insert}${settingsClause(settings)} ${form}\n${body}`);
    if (fault === 'after') return request.socket.destroy();
    const hold = tableIn(holds, insert);
    if (hold === undefined) return response.end();
    holds.get(hold)();
    return holds.delete(hold);
  }
  const sql = inUrl === null ? body : `${inUrl}\n${body}`;
  for (const [name, value] of parameters) {
    const isArray = new RegExp(`\\{${name}:Array`).test(sql);
    parameters.set(name, isArray ? elementsOf(value) : unescaped(value));
  }
  const isRead = /^\s*(?:select|with|show|describe|explain|exists)\b/i.test(sql);
  const query = isRead ? `${sql.trimEnd()} ${settingsClause(settings)}` : sql;
  const result =
    parameters.size > 0
      ? await session.queryBindAsync(query, Object.fromEntries(parameters))
      : await session.queryAsync(query);
  const bytes = result.bytes();
  const zipped = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  if (zipped) response.setHeader('content-encoding', 'gzip');
  response.end(zipped ? gzipSync(bytes, { level: 1 }) : bytes);
}

function settingsClause(settings) {
  return settings.length > 0 ? `SETTINGS ${settings.join(', ')}` : '';
}

/** Returns the elements of an array of strings or whole numbers as the client writes it. */
function elementsOf(value) {
  return [...value.matchAll(/'((?:[^'\\]|\\.)*)'|-?\d+/gs)].map(([number, element]) =>
    element === undefined ? BigInt(number) : unescaped(element),
  );
}

/** The client escapes strings as in TSV. */
function unescaped(value) {
  const codes = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', 0: '\0' };
  return value.replaceAll(/\\(.)/gs, (_, code) => codes[code] ?? code);
}

function addFault(parameters, response) {
  faults.set(parameters.get('table'), {
    count: Number(parameters.get('count') ?? 1),
    when: parameters.get('when') ?? 'before',
  });
  response.end();
}

function addHold(parameters, response) {
  held = new Promise((resolve) => holds.set(parameters.get('table'), resolve));
  response.end();
}

function faultOf(insert) {
  const table = tableIn(faults, insert);
  if (table === undefined) return null;
  const fault = faults.get(table);
  if (--fault.count === 0) faults.delete(table);
  return fault.when;
}

function isRefused(isInsert) {
  return refused.requests === 'everything' || (refused.requests === 'inserts' && isInsert);
}

/** Returns the table of an insert, if it is among those of a map. */
function tableIn(map, insert) {
  return [...map.keys()].find((table) => new RegExp(`\\b${table}\\b`).test(insert.split('(')[0]));
}

function fail(response, error) {
  const message = error instanceof Error ? error.message : String(error);
  const code = /Code: (\d+)/.exec(message)?.[1] ?? '1002';
  response.writeHead(code === '516' ? 403 : 500, { 'x-clickhouse-exception-code': code });
  response.end(/DB::Exception/.test(message) ? message : `Code: ${code}. DB::Exception: ${message}`);
}
