import {
  Inject,
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { Span, SpanKind } from '@opentelemetry/api';
import { Observable } from 'rxjs';
import { CALL_RECORDER, isEnabled, type InjectedRecorder } from './application.js';
import { currentContext, runInContext, type CallContext } from '../calls/call.js';
import { RequestScope, sumOfTotals, type RequestTotals } from '../calls/request-scope.js';
import type { RequestIdentity } from '../calls/record.js';
import { isDashboardController } from '../dashboard/server/dashboard.mount.js';
import type { LlmTelemetryOptions } from './llm-telemetry.options.js';
import { MODULE_OPTIONS_TOKEN } from './llm-telemetry.module-definition.js';
import { HTTP_ROUTE, LLM, SESSION_ID, USER_ID } from '../sinks/attributes.js';
import { openTelemetry } from '../runtime/open-telemetry.js';
import { boundedName } from '../text/bounded-name.js';
import { guard } from '../wire/guard.js';
import { asObject, asString } from '../wire/json/json-value.js';

/**
 * Opens the scope of each incoming request: its identity (`requestContext`) and the totals of its model calls. Names the
 * HTTP server span after the route, which the instrumentations of Nest and Fastify do not do for Nest 12. The module
 * registers it for every route except those of the dashboard. It does not create spans.
 *
 * @publicApi
 */
@Injectable()
export class LlmTelemetryInterceptor implements NestInterceptor {
  constructor(
    @Inject(CALL_RECORDER) private readonly recorder: InjectedRecorder,
    @Inject(MODULE_OPTIONS_TOKEN) private readonly options: LlmTelemetryOptions,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { recorder } = this;
    if (!isEnabled(recorder) || isDashboardController(context.getClass())) return next.handle();
    const request = guard('opening the scope of a request', () => this.open(context));
    if (!request) return next.handle();
    const scope: CallContext = { ...currentContext(), observer: recorder, request };
    return new Observable((subscriber) => {
      const subscription = runInContext(scope, () => next.handle().subscribe(subscriber));
      subscription.add(() => {
        guard('adding the totals of a request', () => request.close());
      });
      return subscription;
    });
  }

  private open(context: ExecutionContext): RequestScope {
    const identity =
      guard('calling requestContext', () => identityOf(this.options.requestContext?.(context))) ?? {};
    const route = routeOf(context);
    const span = serverSpan();
    if (span) {
      if (route) span.updateName(route.name).setAttribute(HTTP_ROUTE, route.path);
      setIdentity(span, identity);
    }
    return new RequestScope(identity, route?.name ?? null, (totals) => {
      if (span) addTotals(span, totals);
    });
  }
}

/** Returns the HTTP server span of this request; `null` if no instrumentation started one. */
function serverSpan(): Span | null {
  const api = openTelemetry();
  if (api === null) return null;
  const span: (Span & { readonly kind?: SpanKind }) | undefined = api.trace.getActiveSpan();
  return span?.kind === api.SpanKind.SERVER ? span : null;
}

/** Keeps known fields with string values only: the application may return more than it intends to record. */
function identityOf(identity: RequestIdentity | undefined): RequestIdentity {
  return {
    userId: nonEmpty(identity?.userId),
    tenantId: nonEmpty(identity?.tenantId),
    sessionId: nonEmpty(identity?.sessionId),
  };
}

function nonEmpty(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? boundedName(value) : undefined;
}

function setIdentity(span: Span, { userId, tenantId, sessionId }: RequestIdentity): void {
  if (userId !== undefined) span.setAttribute(USER_ID, userId);
  if (tenantId !== undefined) span.setAttribute(LLM.TENANT, tenantId);
  if (sessionId !== undefined) span.setAttribute(SESSION_ID, sessionId);
}

/** Totals by server span: GraphQL runs a handler for each requested field of one request. */
const totalsOfSpans = new WeakMap<Span, RequestTotals>();

function addTotals(span: Span, totals: RequestTotals): void {
  const before = totalsOfSpans.get(span);
  const sum = before ? sumOfTotals(before, totals) : totals;
  totalsOfSpans.set(span, sum);
  span.setAttribute(LLM.REQUEST_CALLS, sum.calls);
  span.setAttribute(LLM.REQUEST_TOTAL_TOKENS, sum.totalTokens);
  if (sum.costUsd !== null) span.setAttribute(LLM.REQUEST_ESTIMATED_COST_USD, sum.costUsd);
}

/** A declared route, with names of parameters instead of values. */
interface Route {
  readonly path: string;
  /** Method and path: the name of HTTP server spans in OpenTelemetry. */
  readonly name: string;
}

/** Returns the route of an HTTP request on Fastify or Express; `null` if there is none. */
function routeOf(context: ExecutionContext): Route | null {
  if (context.getType() !== 'http') return null;
  const request = asObject(context.switchToHttp().getRequest<unknown>());
  const method = asString(request?.['method']);
  const path =
    asString(asObject(request?.['routeOptions'])?.['url']) ??
    asString(asObject(request?.['route'])?.['path']);
  return method !== null && path !== null ? { path, name: `${method} ${path}` } : null;
}
