import { Controller, Get, Injectable, Module, Scope, type Provider, type Type } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { LlmCall, LlmDecoratorError, LlmFeature } from 'nestjs-llm-telemetry';
import { onFault, type FaultReport } from '../../src/llm-telemetry/wire/guard.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

@Injectable()
class Single {
  @LlmCall()
  draft(): string {
    return 'draft';
  }
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest {
  @LlmCall()
  draft(): void {}
}

@Injectable({ scope: Scope.TRANSIENT })
class Transient {
  @LlmCall()
  draft(): void {}
}

@Injectable({ scope: Scope.REQUEST })
class Inherits extends PerRequest {}

@Injectable()
class Static {
  @LlmCall()
  static draft(): void {}
}

/** Replaces the method, as decorators for caching and logging do. */
function Wraps(_target: object, _key: string, descriptor: PropertyDescriptor): void {
  const original = descriptor.value as (...args: unknown[]) => unknown;
  descriptor.value = function (this: unknown, ...args: unknown[]) {
    return original.apply(this, args);
  };
}

@Injectable()
class Wrapped {
  @Wraps
  @LlmCall()
  draft(): void {}
}

@Controller('drafts')
class Drafts {
  @Get()
  @LlmCall()
  draft(): void {}
}

@Controller({ path: 'drafts', scope: Scope.REQUEST })
class DraftsPerRequest {
  @Get()
  @LlmCall()
  draft(): void {}
}

@Injectable()
class Overrides extends Single {
  @LlmCall({ feature: 'own' })
  override draft(): string {
    return 'own draft';
  }
}

@LlmFeature('inherited')
@Injectable()
class Named extends Single {}

describe('a method without a feature', () => {
  const expectRefusal = async (
    method: string,
    classes: { providers?: Provider[]; controllers?: Type[] },
  ): Promise<void> => {
    const start = startTelemetryApp(classes);
    await expect(start).rejects.toThrow(LlmDecoratorError);
    await expect(start).rejects.toThrow(
      `@LlmCall on ${method} has no feature: add @LlmFeature('…') to the class`,
    );
  };

  it.each<[string, Type]>([
    ['a singleton', Single],
    ['a request-scoped class', PerRequest],
    ['a transient class', Transient],
    ['a subclass that inherits the method', Inherits],
    ['a class with a static method', Static],
    ['a class whose method another decorator replaces', Wrapped],
  ])('fails the start of the application in %s', (_, type) =>
    expectRefusal(`${type.name}.draft`, { providers: [type] }),
  );

  it.each<[string, Type]>([
    ['a controller', Drafts],
    ['a request-scoped controller', DraftsPerRequest],
  ])('fails the start of the application in %s', (_, type) =>
    expectRefusal(`${type.name}.draft`, { controllers: [type] }),
  );

  describe('that is overridden or gets its feature from a subclass', () => {
    let telemetry: TelemetryApp;
    beforeAll(async () => {
      telemetry = await startTelemetryApp({ providers: [Overrides, Named] });
    });
    afterAll(() => telemetry.stop());

    it('is accepted', () => {
      telemetry.get(Overrides).draft();
      telemetry.get(Named).draft();
      expect(telemetry.records.map(({ feature }) => feature)).toEqual(['own', 'inherited']);
    });
  });

  describe('in a class that Nest loads after the start', () => {
    let telemetry: TelemetryApp;
    const faults: FaultReport[] = [];
    let stopListening: () => void;
    beforeAll(async () => {
      telemetry = await startTelemetryApp();
      stopListening = onFault((fault) => faults.push(fault));
    });
    afterAll(async () => {
      stopListening();
      await telemetry.stop();
    });

    it('does not fail calls, which are recorded as unattributed and reported once', async () => {
      @Module({ providers: [Single], exports: [Single] })
      class LateModule {}

      const loaded = await telemetry.app.get(LazyModuleLoader).load(() => LateModule);
      const late = loaded.get(Single);
      expect([late.draft(), late.draft()]).toEqual(['draft', 'draft']);
      expect(telemetry.records.map(({ feature, operation }) => [feature, operation])).toEqual([
        ['unattributed', 'draft'],
        ['unattributed', 'draft'],
      ]);
      expect(faults).toEqual([
        { step: 'finding the feature of a call', error: expect.any(LlmDecoratorError) },
      ]);
    });
  });

  it('is recorded for an instance with a property named constructor', async () => {
    const telemetry = await startTelemetryApp({ providers: [Named] });
    const named = telemetry.get(Named);
    Object.defineProperty(named, 'constructor', { value: 'Ford' });
    expect(named.draft()).toBe('draft');
    expect(telemetry.records).toHaveLength(1);
    await telemetry.stop();
  });
});
