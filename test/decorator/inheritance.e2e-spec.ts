import { Injectable, Scope } from '@nestjs/common';
import { currentLlmCall, LlmCall, LlmFeature } from 'nestjs-llm-telemetry';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

abstract class Answers {
  abstract readonly prefix: string;

  @LlmCall({ feature: 'base', operation: 'answer' })
  async answer(text: string): Promise<string> {
    currentLlmCall()?.recordResponse({ provider: 'local', model: 'llama' });
    return this.prefix + text;
  }
}

@Injectable()
class Overridden extends Answers {
  readonly prefix: string = 'o';
  @LlmCall({ feature: 'sub', operation: 'answer' })
  override async answer(text: string): Promise<string> {
    return super.answer(text);
  }
  @LlmCall({ feature: 'sub', operation: 'other' })
  other(): string {
    return 'other';
  }
}

@Injectable()
class Unannotated extends Answers {
  readonly prefix = 'u';
  override async answer(text: string): Promise<string> {
    return super.answer(text);
  }
}

@Injectable({ scope: Scope.TRANSIENT })
class Transient extends Overridden {}

@LlmFeature('support_chat')
@Injectable()
class Support {
  @LlmCall()
  draftReply(): string {
    return 'reply';
  }
  @LlmCall({ operation: 'rate' })
  judge(): string {
    return 'good';
  }
  @LlmCall({ feature: 'own' })
  classifyV2(): string {
    return 'bug';
  }
}

@LlmFeature('sales_chat')
@Injectable()
class Sales extends Support {}

@Injectable()
class Inherits extends Support {}

class Plain {
  answer(text: string): string {
    return `plain ${text}`;
  }
}

@Injectable()
class Annotates extends Plain {
  @LlmCall({ feature: 'annotates', operation: 'answer' })
  override answer(text: string): string {
    return super.answer(text);
  }
}

// oxlint-disable-next-line typescript/no-explicit-any -- TypeScript requires it of the constructor of a mixin
type Constructor<T> = new (...args: any[]) => T;

/** A mixin that adds an annotated method to any class. */
function Summarizes<Base extends Constructor<object>>(base: Base) {
  class Summarizing extends base {
    @LlmCall({ feature: 'mixin', operation: 'summarize' })
    summarize(): string {
      return 'summary';
    }
  }
  return Summarizing;
}

@Injectable()
class MixedIntoPlain extends Summarizes(Plain) {}

@Injectable()
class MixedIntoAnnotated extends Summarizes(Support) {}

@Injectable({ scope: Scope.REQUEST })
class PerRequest extends Overridden {
  override readonly prefix = 'r';
}

/** Without `@Injectable()`, as in nestjs/nest#5553: Nest injects the dependencies of the base class. */
class NotInjectable extends Overridden {
  override readonly prefix = 'n';
}

describe('inheritance of annotated methods', () => {
  let telemetry: TelemetryApp;
  beforeAll(async () => {
    const providers = [
      Overridden,
      Unannotated,
      Transient,
      Support,
      Sales,
      Inherits,
      Annotates,
      MixedIntoPlain,
      MixedIntoAnnotated,
      PerRequest,
      NotInjectable,
    ];
    telemetry = await startTelemetryApp({ providers });
  });
  afterAll(() => telemetry.stop());
  beforeEach(() => void (telemetry.records.length = 0));

  const names = (): string[] => telemetry.records.map(({ feature, operation }) => `${feature}/${operation}`);

  it('records two nested calls if an override and the super method that it calls are annotated', async () => {
    expect(await telemetry.get(Overridden).answer('x')).toBe('ox');
    expect(names()).toEqual(['base/answer', 'sub/answer']);
    expect(telemetry.records.map(({ attempts }) => attempts.length)).toEqual([1, 0]);
  });

  it('records the base method only if the override is not annotated', async () => {
    expect(await telemetry.get(Unannotated).answer('x')).toBe('ux');
    expect(names()).toEqual(['base/answer']);
  });

  it('records the calls of transient instances', async () => {
    const transient = await telemetry.app.resolve(Transient, undefined, { strict: false });
    transient.other();
    expect(names()).toEqual(['sub/other']);
  });

  it('records an annotated override of a method that is not annotated', () => {
    expect(telemetry.get(Annotates).answer('x')).toBe('plain x');
    expect(names()).toEqual(['annotates/answer']);
  });

  it('records the annotated methods of a mixin on plain and annotated base classes', () => {
    expect(telemetry.get(MixedIntoPlain).summarize()).toBe('summary');
    telemetry.get(MixedIntoPlain).answer('x');
    telemetry.get(MixedIntoAnnotated).summarize();
    telemetry.get(MixedIntoAnnotated).draftReply();
    expect(names()).toEqual(['mixin/summarize', 'mixin/summarize', 'support_chat/draft_reply']);
  });

  it('records the calls of a request-scoped subclass', async () => {
    const [one, two] = await Promise.all(
      [1, 2].map(() => telemetry.app.resolve(PerRequest, undefined, { strict: false })),
    );
    expect(one).not.toBe(two);
    expect(await one!.answer('x')).toBe('rx');
    expect(await two!.answer('y')).toBe('ry');
    expect(names()).toEqual(['base/answer', 'sub/answer', 'base/answer', 'sub/answer']);
  });

  it('records the calls of a subclass without @Injectable()', async () => {
    expect(await telemetry.get(NotInjectable).answer('x')).toBe('nx');
    expect(names()).toEqual(['base/answer', 'sub/answer']);
  });

  it('uses the feature of the class and derives the operation from the method name', () => {
    const support = telemetry.get(Support);
    support.draftReply();
    support.judge();
    support.classifyV2();
    expect(names()).toEqual(['support_chat/draft_reply', 'support_chat/rate', 'own/classify_v2']);
  });

  it('uses the feature of the class of the instance, or else of its base class', () => {
    telemetry.get(Sales).draftReply();
    telemetry.get(Inherits).draftReply();
    telemetry.get(Support).draftReply();
    expect(names()).toEqual([
      'sales_chat/draft_reply',
      'support_chat/draft_reply',
      'support_chat/draft_reply',
    ]);
  });
});

describe('invalid use of decorators', () => {
  const on = (options: unknown) => () => {
    class Service {
      summarize(): void {}
    }
    const descriptor = Object.getOwnPropertyDescriptor(Service.prototype, 'summarize')!;
    LlmCall(options as never)(Service.prototype, 'summarize', descriptor);
  };

  it.each<[unknown, string]>([
    ['summarize', 'expected an object with options, received the string "summarize"'],
    [{ opration: 'a' }, 'unknown option "opration". Did you mean "operation"?'],
    [{ model: 'a' }, 'unknown option "model". Allowed: feature, operation, retry, attributes'],
    [{ feature: '' }, 'feature must be a non-empty string, received an empty string'],
    [{ operation: 5 }, 'operation must be a non-empty string, received 5'],
    [{ retry: -1 }, 'retry must be a whole number of retries from 0'],
    [{ retry: NaN }, 'received NaN'],
    [{ retry: 1.5 }, 'received 1.5'],
    [{ retry: true }, 'received true'],
    [
      { retry: { maxRetries: 1, maxDelay: 5 } },
      'unknown option of retry "maxDelay". Did you mean "maxDelayMs"?',
    ],
    [
      { retry: { maxRetries: 1, maxDelayMs: -5 } },
      'retry.maxDelayMs must be a number of milliseconds from 0',
    ],
    [{ attributes: {} }, 'attributes must be a function, received an object'],
  ])('throws for the options %p', (options, message) => {
    expect(on(options)).toThrow(message);
    expect(on(options)).toThrow('@LlmCall on Service.summarize: ');
    expect(on(options)).toThrow(expect.objectContaining({ code: 'LLM_TELEMETRY_INVALID_DECORATOR' }));
  });

  it('throws on properties, accessors and classes', () => {
    const decorate = LlmCall({ feature: 'a', operation: 'b' }) as unknown as (...args: unknown[]) => void;
    class Service {}
    expect(() => decorate(Service.prototype, 'client', undefined)).toThrow(
      'expected a method, received a property',
    );
    expect(() => decorate(Service.prototype, 'client', { get: () => 1 })).toThrow(
      'expected a method, received an accessor',
    );
    expect(() => decorate(Service)).toThrow('was used on the class Service. Use @LlmFeature for classes.');
    expect(() => LlmFeature(' ')(Service)).toThrow(
      'expected the name of the feature, received the string " "',
    );
    const onMethod = LlmFeature('a') as (...args: unknown[]) => void;
    expect(() => onMethod(Service.prototype, 'draft', {})).toThrow('was used on the member draft');
  });
});
