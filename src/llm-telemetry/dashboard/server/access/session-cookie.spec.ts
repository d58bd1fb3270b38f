import type { PlatformRequest } from '../http/platform.js';
import { sessionsIn } from './session-cookie.js';

const requestWith = (cookie: string): PlatformRequest =>
  ({ headers: { cookie }, socket: {}, url: '/llm' }) as unknown as PlatformRequest;

describe('session cookies of a request', () => {
  // https://github.com/jshttp/cookie/issues/60: a parser with one value per name returns an empty or outdated one.
  it('are all read if the browser sends the name several times, without empty ones', () => {
    const cookie = 'llm_dashboard=; llm_dashboard=outdated; other=1; llm_dashboard=current';
    expect(sessionsIn(requestWith(cookie))).toEqual(['outdated', 'current']);
  });

  // https://github.com/apple/servicetalk/pull/551: a name was found by its prefix.
  it('are found by the whole name, with its case', () => {
    const cookie =
      'llm_dashboard_old=a; xllm_dashboard=b; LLM_DASHBOARD=c; llm_dashboard =d; llm_dashboard=e';
    expect(sessionsIn(requestWith(cookie))).toEqual(['d', 'e']);
  });

  // https://github.com/jshttp/cookie/issues/200: pairs without a value, like attributes of Set-Cookie.
  it('are read beside pairs without a value', () => {
    expect(sessionsIn(requestWith('HttpOnly; Secure;; =x; llm_dashboard="quoted"'))).toEqual(['quoted']);
  });

  it('are at most 64', () => {
    expect(sessionsIn(requestWith('llm_dashboard=x; '.repeat(100)))).toHaveLength(64);
  });
});
