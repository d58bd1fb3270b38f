import { Injectable, Scope, type INestApplicationContext, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  currentLlmCall,
  LlmCall,
  LlmFeature,
  LlmTelemetryModule,
  type CallRecord,
} from 'nestjs-llm-telemetry';

abstract class Answers {
  abstract readonly prefix: string;

  @LlmCall({ feature: 'base', operation: 'answer' })
  async answer(text: string): Promise<string> {
    currentLlmCall()?.recordResponse({ provider: 'local', model: 'llama' });
    return this.prefix + text;
  }
}

/** In 0.1.0, Nest 11 injected the recorder of this class twice: "Cannot initialize #state twice on the same object". */
@Injectable()
class Overrides extends Answers {
  readonly prefix: string = 'o';

  @LlmCall({ feature: 'sub', operation: 'answer' })
  override async answer(text: string): Promise<string> {
    return super.answer(text);
  }
}

@Injectable()
class OverridesWithoutAnnotation extends Answers {
  readonly prefix = 'u';

  override async answer(text: string): Promise<string> {
    return super.answer(text);
  }
}

@Injectable()
class Inherits extends Answers {
  readonly prefix = 'i';
}

class Plain {
  async answer(text: string): Promise<string> {
    return `plain ${text}`;
  }
}

@Injectable()
class AnnotatesOverride extends Plain {
  @LlmCall({ feature: 'annotates', operation: 'answer' })
  override async answer(text: string): Promise<string> {
    return super.answer(text);
  }
}

type Constructor = new (...args: any[]) => Plain;

function Summarizes<Base extends Constructor>(base: Base) {
  class Summarizing extends base {
    @LlmCall({ feature: 'mixin', operation: 'answer' })
    override async answer(text: string): Promise<string> {
      return super.answer(text);
    }
  }
  return Summarizing;
}

@Injectable()
class MixedIntoPlain extends Summarizes(Plain) {}

@Injectable()
class MixedIntoAnnotated extends Summarizes(AnnotatesOverride) {}

@Injectable({ scope: Scope.REQUEST })
class PerRequest extends Overrides {
  override readonly prefix = 'r';
}

@Injectable({ scope: Scope.TRANSIENT })
class Transient extends Overrides {
  override readonly prefix = 't';
}

/** Without `@Injectable()`, as in nestjs/nest#5553: Nest injects the dependencies of the base class. */
class NotInjectable extends Overrides {
  override readonly prefix = 'n';
}

@LlmFeature('support_chat')
@Injectable()
class Support {
  @LlmCall()
  async answer(text: string): Promise<string> {
    return text;
  }
}

@LlmFeature('sales_chat')
@Injectable()
class Sales extends Support {}

const CLASSES: ReadonlyArray<[what: string, type: Type<Plain>, result: string, records: string[]]> = [
  ['an annotated override that calls super', Overrides, 'ox', ['base/answer', 'sub/answer']],
  ['an override without annotation', OverridesWithoutAnnotation, 'ux', ['base/answer']],
  ['a method inherited from an abstract class', Inherits, 'ix', ['base/answer']],
  ['an annotated override of a plain method', AnnotatesOverride, 'plain x', ['annotates/answer']],
  ['a mixin on a plain class', MixedIntoPlain, 'plain x', ['mixin/answer']],
  ['a mixin on an annotated class', MixedIntoAnnotated, 'plain x', ['annotates/answer', 'mixin/answer']],
  ['a request-scoped subclass', PerRequest, 'rx', ['base/answer', 'sub/answer']],
  ['a transient subclass', Transient, 'tx', ['base/answer', 'sub/answer']],
  ['a subclass without @Injectable()', NotInjectable, 'nx', ['base/answer', 'sub/answer']],
  ['a class with a feature', Support, 'x', ['support_chat/answer']],
  ['a subclass with another feature', Sales, 'x', ['sales_chat/answer']],
];

describe('inheritance of annotated methods on Nest 11', () => {
  const records: CallRecord[] = [];
  let app: INestApplicationContext;

  beforeAll(async () => {
    const module = await Test.createTestingModule({
      imports: [LlmTelemetryModule.forRoot({ onCall: (record) => records.push(record) })],
      providers: CLASSES.map(([, type]) => type),
    }).compile();
    app = await module.init();
  });

  afterAll(() => app.close());

  beforeEach(() => {
    records.length = 0;
  });

  it.each(CLASSES)('records %s', async (_, type, result, expected) => {
    const service = await app.resolve(type);
    expect(await service.answer('x')).toBe(result);
    expect(records.map(({ feature, operation }) => `${feature}/${operation}`)).toEqual(expected);
  });

  it.each([Scope.DEFAULT, Scope.REQUEST, Scope.TRANSIENT])(
    'does not start with a method without a feature in scope %s',
    async (scope) => {
      @Injectable({ scope })
      class Nameless {
        @LlmCall()
        draft(): void {}
      }
      const start = Test.createTestingModule({
        imports: [LlmTelemetryModule.forRoot()],
        providers: [Nameless],
      }).compile();
      await expect(start).rejects.toThrow('@LlmCall on Nameless.draft has no feature');
    },
  );
});
