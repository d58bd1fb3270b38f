import { jest } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Connection } from '../../src/llm-telemetry/store/clickhouse/connection.js';
import { DatabaseError, type SharedBackend } from '../../src/llm-telemetry/store/core/shared-backend.js';
import { createBackend } from '../../src/llm-telemetry/store/clickhouse/clickhouse-backend.js';
import { ClickHouseServer, settingsOf } from '../support/clickhouse-server.js';
import { Deliveries, instance } from './deliveries.js';
import { mixedRecords } from '../support/mixed-records.js';

const HOUR = 3_600_000;

describe('a connection to ClickHouse', () => {
  const server = new ClickHouseServer();
  let connection: Connection;
  beforeAll(async () => {
    await server.start();
    connection = new Connection({ url: server.url, username: 'default' }, async () => '');
  });
  afterAll(async () => {
    await connection.close();
    await server.stop();
  });

  // ClickHouse/clickhouse-js logs failed statements by default; TimonKK/clickhouse#33 and Altinity/clickhouse-grafana#832
  // describe numbers that JSON.parse rounds.
  it('returns 64-bit numbers and decimals with all digits, and values of parameters unchanged', async () => {
    const texts = ["it's", 'tab\tnew\nline\\', '漢字 🙂', '', '{p:String}'];
    const [row] = await connection.rows(
      `SELECT toUInt64(18446744073709551615), toInt128('-170141183460469231731687303715884105728'),
         toDecimal128('9999999999999999999999.000000000001', 12), {texts:Array(String)}, {text:String}`,
      { texts, text: texts[1] },
    );
    expect(row).toEqual([
      '18446744073709551615',
      '-170141183460469231731687303715884105728',
      '9999999999999999999999.000000000001',
      texts,
      texts[1],
    ]);
  });

  it('cancels a query whose rows are refused, and stays usable', async () => {
    let rows = 0;
    const scan = connection.scan('SELECT number FROM numbers(1000000)', {}, () => {
      if (++rows === 3) throw new RangeError('enough');
    });
    await expect(scan).rejects.toThrow(new RangeError('enough'));
    expect(rows).toBe(3);
    expect(await connection.rows('SELECT 1')).toEqual([[1]]);
  });

  it('neither logs nor repeats statements, values and texts of the server', async () => {
    const output = [
      jest.spyOn(console, 'error').mockImplementation(() => undefined),
      jest.spyOn(process.stdout, 'write'),
      jest.spyOn(process.stderr, 'write'),
    ];
    const failures = await Promise.all(
      [
        connection.rows('SELECT secret_column FROM nowhere WHERE a = {a:String}', { a: 'secret' }),
        connection.insert('system.one', ['dummy'], [['secret']], { token: 'a' }),
      ].map((request) => request.catch((error: unknown) => error)),
    );
    for (const failure of failures) expect(String(failure)).not.toMatch(/secret|nowhere/);
    expect(failures[0]).toMatchObject({
      trouble: 'io_error',
      message: 'ClickHouse error 60 (UNKNOWN_TABLE)',
    });
    for (const spy of output) {
      expect(spy).not.toHaveBeenCalled();
      spy.mockRestore();
    }
  });
});

describe('a server that refuses requests', () => {
  let refusing: Server;
  let response: { status: number; body: string };
  let passwords: string[];
  let backend: SharedBackend;

  beforeEach(async () => {
    passwords = [];
    refusing = createServer((request, reply) => {
      const [, encoded = ''] = (request.headers.authorization ?? '').split(' ');
      passwords.push(Buffer.from(encoded, 'base64').toString());
      request.resume().once('end', () => reply.writeHead(response.status).end(response.body));
    }).listen(0, '127.0.0.1');
    await once(refusing, 'listening');
    const url = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}`;
    let count = 0;
    backend = createBackend(settingsOf(url), { secret: async () => `pass-${++count}` });
  });
  afterEach(async () => {
    await backend.close();
    refusing.closeAllConnections();
    refusing.close();
    await once(refusing, 'close');
  });

  it.each([
    [403, 'Code: 516. DB::Exception: default: Authentication failed. (AUTHENTICATION_FAILED)', 'refused'],
    [500, 'Code: 497. DB::Exception: default: Not enough privileges. (ACCESS_DENIED)', 'forbidden'],
    [500, 'Code: 159. DB::Exception: Timeout exceeded. (TIMEOUT_EXCEEDED)', 'timeout'],
    [500, 'Code: 202. DB::Exception: Too many. (TOO_MANY_SIMULTANEOUS_QUERIES)', 'too_many_connections'],
    [500, 'Code: 243. DB::Exception: Cannot reserve. (NOT_ENOUGH_SPACE)', 'full'],
    [500, 'Code: 242. DB::Exception: Table is in readonly mode. (TABLE_IS_READ_ONLY)', 'read_only'],
    [500, 'Code: 252. DB::Exception: Too many parts. (TOO_MANY_PARTS)', 'io_error'],
    [502, '<html>bad gateway</html>', 'unreachable'],
  ])('is reported (%i %s)', async (status, body, trouble) => {
    response = { status, body };
    const failure = await backend.open().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DatabaseError);
    expect(failure).toMatchObject({ trouble });
    expect(String(failure)).not.toContain('default');
  });

  it('is asked with a new password after a refused login', async () => {
    response = { status: 403, body: 'Code: 516. DB::Exception: Failed. (AUTHENTICATION_FAILED)' };
    for (let attempt = 0; attempt < 2; attempt++)
      await expect(backend.open()).rejects.toBeInstanceOf(DatabaseError);
    expect(passwords).toEqual(['default:pass-1', 'default:pass-2']);
  });

  it('lets calls with values that it refuses be told apart from its own failures', async () => {
    response = {
      status: 500,
      body: 'Code: 27. DB::Exception: Cannot parse. (CANNOT_PARSE_INPUT_ASSERTION_FAILED)',
    };
    const records = mixedRecords(1, { from: Date.now() - HOUR, to: Date.now() });
    const failure = await backend
      .write(new Deliveries(instance(1), 1).next(records))
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(failure).not.toBeInstanceOf(DatabaseError);
  });
});
