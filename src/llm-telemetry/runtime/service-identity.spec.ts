import { serviceIdentity } from './service-identity.js';

const NOWHERE = { script: undefined, folder: '/' };
const ATTRIBUTES =
  'service.name=orders%20api,service.version=2.1.0,deployment.environment.name=staging,host.name=pod-7,service.instance.id=a1';

describe('the identity of the service', () => {
  it('comes from OpenTelemetry variables', () => {
    expect(serviceIdentity({}, { OTEL_RESOURCE_ATTRIBUTES: ATTRIBUTES }, NOWHERE)).toEqual({
      name: 'orders api',
      version: '2.1.0',
      environment: 'staging',
      instance: 'a1',
      host: 'pod-7',
      pid: process.pid,
    });
    const env = { OTEL_SERVICE_NAME: 'orders', OTEL_RESOURCE_ATTRIBUTES: ATTRIBUTES };
    expect(serviceIdentity({}, env, NOWHERE).name).toBe('orders');
  });

  it('is overridden by options', () => {
    const options = { name: 'refunds', version: '3', environment: 'production', instance: 'refunds-0' };
    expect(serviceIdentity(options, { OTEL_RESOURCE_ATTRIBUTES: ATTRIBUTES }, NOWHERE)).toMatchObject(
      options,
    );
  });

  it('comes from package.json and NODE_ENV without such variables', () => {
    const start = { script: undefined, folder: import.meta.dirname };
    expect(serviceIdentity({}, { NODE_ENV: 'production' }, start)).toMatchObject({
      name: 'nestjs-llm-telemetry',
      version: expect.stringMatching(/^\d+\./),
      environment: 'production',
      instance: expect.stringMatching(new RegExp(`:${process.pid}$`)),
    });
  });

  it('reads the name of the environment from the attribute of older conventions', () => {
    const env = { OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=old' };
    expect(serviceIdentity({}, env, NOWHERE).environment).toBe('old');
  });

  it('is unknown without any of these', () => {
    expect(serviceIdentity({}, {}, NOWHERE)).toMatchObject({ name: null, version: null, environment: null });
  });
});
