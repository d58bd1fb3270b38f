import { EventEmitter, once } from 'node:events';
import { metrics, type MeterProvider } from '@opentelemetry/api';
import { LlmTelemetry } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { startTelemetryApp } from '../support/telemetry-app.js';
import { collected, telemetryApp, Assistant } from './support/measured-assistant.js';

describe('metrics of several applications', () => {
  const calls = (operation: string): Promise<number | null> =>
    collected.sum('llm.calls', { 'llm.operation': operation });

  it('are added up and kept when one application stops', async () => {
    const one = await telemetryApp();
    const other = await telemetryApp('both');
    try {
      one.get(Assistant).local('local', 'llama');
      other.get(Assistant).local('local', 'llama');
      expect(await calls('local')).toBe(2);
      other.get(Assistant).local('local', 'llama');
      await other.stop();
      expect(await calls('local')).toBe(3);
      one.get(Assistant).local('local', 'llama');
      expect(await calls('local')).toBe(4);
      expect((await collected.points('llm.calls')).length).toBe(1);
    } finally {
      await one.stop();
    }
  });

  it('are collected once more when the last application stops, and continue when one starts again', async () => {
    const meter = collected.provider.getMeter('nestjs-llm-telemetry');
    const added = import.meta.jest.spyOn(meter, 'addBatchObservableCallback');
    const removed = import.meta.jest.spyOn(meter, 'removeBatchObservableCallback');
    const one = await telemetryApp();
    one.get(Assistant).local('local', 'llama');
    await calls('local');
    await one.stop();
    expect(removed).not.toHaveBeenCalled();
    expect(await calls('local')).toBe(1);
    expect([added.mock.calls.length, removed.mock.calls.length]).toEqual([1, 1]);

    const next = await telemetryApp();
    next.get(Assistant).local('local', 'llama');
    expect(await calls('local')).toBe(2);
    await next.stop();
    await calls('local');
    expect([added.mock.calls.length, removed.mock.calls.length]).toEqual([2, 2]);
  });

  it.each([
    ['with a meter provider', () => collected.register()],
    ['without a meter provider', () => metrics.disable()],
  ])('count a call that ends after the stop of an application that started %s', async (_what, before) => {
    const meter = collected.provider.getMeter('nestjs-llm-telemetry');
    const removed = import.meta.jest.spyOn(meter, 'removeBatchObservableCallback');
    before();
    const telemetry = await telemetryApp();
    const event = new EventEmitter();
    const call = telemetry.get(LlmTelemetry).run({ feature: 'support', operation: 'local' }, async () => {
      await once(event, 'closed');
    });
    await telemetry.app.close();
    collected.register();
    event.emit('closed');
    await call;
    expect(await calls('local')).toBe(1);
    expect(removed).toHaveBeenCalledTimes(1);
    await telemetry.emulator.stop();
  });
});

describe('metrics without a meter provider', () => {
  it('are not recorded until one is registered', async () => {
    metrics.disable();
    const telemetry = await telemetryApp();
    telemetry.get(Assistant).local('local', 'llama');
    collected.register();
    telemetry.get(Assistant).local('local', 'llama');
    expect(await collected.sum('llm.calls')).toBe(1);
    await telemetry.stop();
  });

  it('create no instruments if the module is disabled', async () => {
    const getMeter = import.meta.jest.spyOn(collected.provider, 'getMeter');
    const telemetry = await startTelemetryApp({ providers: [Assistant], options: { enabled: false } });
    await telemetry.get(Assistant).summarize('A lamp.');
    expect(getMeter).not.toHaveBeenCalled();
    expect(await collected.all()).toEqual(new Map());
    await telemetry.stop();
  });
});

describe('a broken meter provider', () => {
  const fire = (): never => {
    throw new Error('telemetry is on fire');
  };
  const works = { addBatchObservableCallback: () => {}, removeBatchObservableCallback: fire };
  const counter = { createObservableCounter: () => ({}) };

  it.each([
    ['a provider that throws', { getMeter: fire }],
    ['a meter that throws', { getMeter: () => ({ createObservableCounter: fire, createHistogram: fire }) }],
    ['a provider without a meter', { getMeter: () => undefined }],
    [
      'a histogram that throws',
      { getMeter: () => ({ ...works, ...counter, createHistogram: () => ({ record: fire }) }) },
    ],
    [
      'a meter that throws when a callback is added',
      {
        getMeter: () => ({
          ...counter,
          addBatchObservableCallback: fire,
          createHistogram: () => ({ record: () => {} }),
        }),
      },
    ],
  ])('does not affect calls: %s', async (_what, provider) => {
    metrics.disable();
    metrics.setGlobalMeterProvider(provider as unknown as MeterProvider);
    const telemetry = await telemetryApp();
    await telemetry.get(Assistant).summarize('A lamp.');
    await expect(telemetry.get(Assistant).summarize('[emulate bad_request]')).rejects.toBeInstanceOf(
      OpenAI.BadRequestError,
    );
    await telemetry.flush();
    expect(telemetry.records).toHaveLength(2);
    await telemetry.stop();
  });
});
