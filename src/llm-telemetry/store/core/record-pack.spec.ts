import fc from 'fast-check';
import { packRecord, unpackRecord } from './record-pack.js';

describe('packed records', () => {
  it('return the same text', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(unpackRecord(packRecord(text))).toBe(text);
      }),
    );
  });

  it('are less than a third of a typical text', () => {
    const text =
      '[2,[[["gpt-4o-mini-2024-07-18",null,"chatcmpl-Bq2vUZyT1xXs9Rk","openai","req_8f31c2d9aa","api.openai.com",412,31,null,' +
      '["gpt-4o-mini"],200,null,"stop",["stop"],[1200,90,null,null,200,40,30,20,10],{"source":"table","costUsd":0.000234,' +
      '"lines":[{"kind":"input","quantity":1200,"usdPerUnit":1.5e-7,"costUsd":0.00018},{"kind":"output","quantity":90,' +
      '"usdPerUnit":6e-7,"costUsd":0.000054}],"pricedAs":"gpt-4o-mini","pricedFrom":"@pydantic/genai-prices 0.1.8 of 2026-09-23"}]],' +
      '"orders","summarize",1795953696488.25,511.75,null,"POST /orders",["user-1","tenant-1"],0,0,null,null,null,null,null,false,0,121]]';
    expect(packRecord(text).length).toBeLessThan(text.length / 3);
  });

  it('report a dictionary of a newer version', () => {
    expect(() => unpackRecord(Uint8Array.of(200, 1, 2))).toThrow('Unknown dictionary 200 of a record.');
    expect(() => unpackRecord(new Uint8Array())).toThrow('Unknown dictionary undefined of a record.');
  });
});
