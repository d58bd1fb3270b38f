import { Inject, Injectable, NotFoundException } from '@nestjs/common';
import { DASHBOARD_SETTINGS, type DashboardSettings } from '../settings/dashboard.settings.js';
import { answer } from '../http/answer.js';
import { headerOf, type PlatformRequest, type PlatformResponse } from '../http/platform.js';
import { UiAssets, type Asset } from './ui-assets.js';
import { NOT_BUILT } from './not-built.js';
import { baseOf, isKnownPlace, placeOf } from './place.js';

/** Only what comes from here runs, and nothing of it inline. */
const PAGE_POLICY = [
  "default-src 'none'",
  ...['script', 'style', 'img', 'font', 'connect'].map((what) => `${what}-src 'self'`),
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** Serves the page, at the dashboard's path and at every place below it, and its files. */
@Injectable()
export class PageEndpoint {
  constructor(
    private readonly assets: UiAssets,
    @Inject(DASHBOARD_SETTINGS) private readonly settings: DashboardSettings,
  ) {}

  async answer(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    const place = placeOf(request);
    if (place === null || /^login(?:\/|$)/.test(place)) throw nothingHere();
    const asset = place === 'index.html' ? null : await this.assets.find(place);
    if (asset) return sendAsset(asset, request, response);
    // A file that is not there is not the page.
    if (/\.\w+$/.test(place) || place.startsWith('assets/')) throw nothingHere();
    const isKnown = isKnownPlace(place);
    // Programs that ask for a place that does not exist are told so without a page.
    if (!isKnown && !(headerOf(request, 'accept') ?? '').includes('text/html')) throw nothingHere();
    const page = (await this.assets.page()) ?? NOT_BUILT;
    const base = baseOf(request, place, this.settings.path ?? '');
    answer(
      response,
      // The page itself says what is not there.
      isKnown ? 200 : 404,
      { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': PAGE_POLICY },
      page.replace('<head>', `<head><base href="${base}">`),
    );
  }
}

function sendAsset(asset: Asset, request: PlatformRequest, response: PlatformResponse): void {
  const headers = {
    'content-type': asset.type,
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    'cache-control': asset.immutable ? 'private, max-age=31536000, immutable' : 'private, no-cache',
    etag: asset.etag,
    vary: 'accept-encoding',
  };
  if (headerOf(request, 'if-none-match') === asset.etag) return answer(response, 304, headers, '');
  const accepted = headerOf(request, 'accept-encoding') ?? '';
  if (asset.gzipped && /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(accepted))
    return answer(response, 200, { ...headers, 'content-encoding': 'gzip' }, asset.gzipped);
  answer(response, 200, headers, asset.body);
}

function nothingHere(): NotFoundException {
  return new NotFoundException('No such page.');
}
