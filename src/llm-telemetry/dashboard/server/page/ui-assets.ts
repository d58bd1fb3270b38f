import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Injectable } from '@nestjs/common';
import { packageRoot } from '../../../runtime/package-root.js';

/** A file of the page, as it is sent. */
export interface Asset {
  readonly type: string;
  readonly body: Buffer;
  /** `null`: it is no smaller. */
  readonly gzipped: Buffer | null;
  readonly etag: string;
  /** True where its name changes with its content. */
  readonly immutable: boolean;
}

/**
 * The files of the page, which the build has put into `dist/ui`: read once, when somebody first asks, and found by their
 * exact names alone, so that no path leads to any other file.
 */
@Injectable()
export class UiAssets {
  private assets: Promise<ReadonlyMap<string, Asset>> | null = null;

  /** `null`: there is no such file. */
  async find(name: string): Promise<Asset | null> {
    return (await this.all()).get(name) ?? null;
  }

  /** The page itself; `null`: it has not been built. */
  async page(): Promise<string | null> {
    return (await this.find('index.html'))?.body.toString('utf8') ?? null;
  }

  private all(): Promise<ReadonlyMap<string, Asset>> {
    return (this.assets ??= load());
  }
}

async function load(): Promise<ReadonlyMap<string, Asset>> {
  const root = packageRoot();
  const folder = root && join(root, 'dist', 'ui');
  const entries = folder
    ? await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
    : [];
  const files = entries.filter((entry) => entry.isFile() && TYPES[extname(entry.name)]);
  const assets = await Promise.all(
    files.map(async ({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [relative(folder!, path).split(sep).join('/'), await readAsset(path)] as const;
    }),
  );
  return new Map(assets);
}

async function readAsset(path: string): Promise<Asset> {
  const body = await readFile(path);
  const type = TYPES[extname(path)]!;
  const gzipped =
    type.startsWith('image/png') || type.startsWith('font/') ? body : await promisify(gzip)(body);
  return {
    type,
    body,
    gzipped: gzipped.length < body.length ? gzipped : null,
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    immutable: /-[\w-]{8,}\.\w+$/.test(path),
  };
}

/** What a page is made of; nothing else is served, whatever lies in the folder. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};
