import {
  ForbiddenException,
  Inject,
  Injectable,
  type CanActivate,
  type ExecutionContext,
  type Type,
} from '@nestjs/common';
import { ContextIdFactory, ModuleRef } from '@nestjs/core';
import { isObservable, lastValueFrom } from 'rxjs';
import { DASHBOARD_SETTINGS, type DashboardSettings } from '../settings/dashboard.settings.js';

/** Runs the guards of `dashboard.guards` in order, each as Nest would run it. */
@Injectable()
export class ApplicationGuards implements CanActivate {
  private readonly made = new Map<Type<CanActivate>, Promise<CanActivate>>();

  constructor(
    @Inject(DASHBOARD_SETTINGS) private readonly settings: DashboardSettings,
    private readonly moduleRef: ModuleRef,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    for (const guard of this.settings.guards) {
      const instance = typeof guard === 'function' ? await this.instanceOf(guard, context) : guard;
      const result = instance.canActivate(context);
      const allowed = isObservable(result) ? await lastValueFrom(result) : await result;
      if (!allowed)
        throw new ForbiddenException('Access to the dashboard is denied by a guard of this application.');
    }
    return true;
  }

  /** Returns the instance that the application provides (per request if request-scoped), or creates one. */
  private async instanceOf(guard: Type<CanActivate>, context: ExecutionContext): Promise<CanActivate> {
    const request = context.switchToHttp().getRequest<object>();
    const contextId = ContextIdFactory.getByRequest(request);
    this.moduleRef.registerRequestByContextId(request, contextId);
    try {
      return await this.moduleRef.resolve(guard, contextId, { strict: false });
    } catch (error) {
      // Nest does not export the class.
      if ((error as Error).constructor.name !== 'UnknownElementException') throw error;
      const made = this.made.get(guard) ?? this.moduleRef.create(guard);
      this.made.set(guard, made);
      return made;
    }
  }
}
