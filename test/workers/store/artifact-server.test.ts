import { request as requestHttp, type IncomingHttpHeaders } from 'node:http';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../workers/runtime/clock.ts';
import { silentLogger } from '../../../workers/runtime/logger.ts';
import { createArtifactServer } from '../../../workers/store/artifact-server.ts';
import { createArtifactStore } from '../../../workers/store/artifact-store.ts';
import { nameOfBytes } from '../../../workers/store/blob-name.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { until } from '../../support/until.ts';

const deps = { clock: systemClock, logger: silentLogger };
const BYTES = Buffer.from('0123456789');
const { contentId } = nameOfBytes(BYTES);
const unstarted = new AbortController().signal;

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function startServer() {
  const folder = await tempFolder();
  const store = await createArtifactStore({ folder }, deps);
  await store.put(BYTES);
  const server = createArtifactServer({ folder, host: '127.0.0.1', port: 0 }, deps);
  await server.start(unstarted);
  onTestFinished(() => server.stop());
  // Not fetch: it would tidy up the path first.
  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> =>
    new Promise((resolve, reject) => {
      requestHttp(server.url(), { path, headers, method }, (response) => {
        let body = '';
        response.setEncoding('latin1');
        response.on('data', (text: string) => (body += text));
        response.on('error', reject);
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
        });
      })
        .on('error', reject)
        .end();
    });
  return { folder, store, server, ask };
}

describe('the artifact server', () => {
  it('serves a blob with its name as ETag, to be kept for ever', async () => {
    const { ask } = await startServer();
    const { status, headers, body } = await ask(`/blobs/${contentId}`);
    expect({ status, body }).toEqual({ status: 200, body: '0123456789' });
    expect(headers).toMatchObject({
      etag: `"${contentId}"`,
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': 'application/octet-stream',
      'content-length': '10',
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
    });
    const head = await ask(`/blobs/${contentId}?a=b`, {}, 'HEAD');
    expect(head).toMatchObject({ status: 200, body: '', headers: { 'content-length': '10' } });
  });

  it('answers 304 to a reader who has it', async () => {
    const { ask } = await startServer();
    for (const tag of [`"${contentId}"`, `"x", W/"${contentId}"`, '*']) {
      expect(await ask(`/blobs/${contentId}`, { 'if-none-match': tag })).toMatchObject({
        status: 304,
        body: '',
        headers: { etag: `"${contentId}"` },
      });
    }
    expect((await ask(`/blobs/${contentId}`, { 'if-none-match': '"x"' })).status).toBe(200);
  });

  it.each([
    ['bytes=0-3', '0123', '0-3'],
    ['bytes=4-', '456789', '4-9'],
    ['bytes=-2', '89', '8-9'],
    ['bytes=-99', '0123456789', '0-9'],
    ['bytes=9-99', '9', '9-9'],
  ])('serves the range %s', async (range, body, shown) => {
    const { ask } = await startServer();
    const answer = await ask(`/blobs/${contentId}`, { range });
    expect(answer).toMatchObject({
      status: 206,
      body,
      headers: { 'content-range': `bytes ${shown}/10`, 'content-length': String(body.length) },
    });
  });

  it.each(['bytes=10-', 'bytes=99-100', 'bytes=-0'])('answers 416 to %s', async (range) => {
    const { ask } = await startServer();
    expect(await ask(`/blobs/${contentId}`, { range })).toMatchObject({
      status: 416,
      headers: { 'content-range': 'bytes */10' },
    });
  });

  it.each(['bytes=0-1,3-4', 'lines=1-2', 'bytes=5-2', 'bytes=-', 'bytes=a-b'])(
    'ignores %s and serves all',
    async (range) => {
      const { ask } = await startServer();
      expect(await ask(`/blobs/${contentId}`, { range })).toMatchObject({ status: 200, body: '0123456789' });
    },
  );

  it('gives a range only of the version that If-Range names', async () => {
    const { ask } = await startServer();
    const range = 'bytes=0-0';
    expect((await ask(`/blobs/${contentId}`, { range, 'if-range': `"${contentId}"` })).status).toBe(206);
    expect((await ask(`/blobs/${contentId}`, { range, 'if-range': '"other"' })).status).toBe(200);
  });

  it.each([
    ['/blobs/..%2f..%2fsecret', 400],
    ['/blobs/not-a-cid', 400],
    [`/blobs/${contentId.toUpperCase()}`, 400],
    [`/blobs/0x${'00'.repeat(32)}`, 400],
    [`/blobs/${'a'.repeat(5000)}`, 400],
    ['/blobs/../secret', 404],
    [`/blobs/${contentId}/../../../secret`, 404],
    [`/blobs//${contentId}`, 404],
    ['//blobs', 404],
    ['/', 404],
    ['/blobs/', 404],
    [`/blobs/${nameOfBytes(Buffer.from('absent')).contentId}`, 404],
  ])('answers %s with %i', async (path, status) => {
    const { folder, ask } = await startServer();
    await writeFile(join(folder, 'secret'), 'secret');
    const answer = await ask(path);
    expect(answer).toMatchObject({ status, body: '', headers: { 'cache-control': 'no-store' } });
    expect(answer.headers.etag).toBeUndefined();
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('answers 405 to %s', async (method) => {
    const { ask } = await startServer();
    expect(await ask(`/blobs/${contentId}`, {}, method)).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
    });
  });

  it('never completes a blob that went bad on its disk, and stops offering it', async () => {
    const { store, ask } = await startServer();
    await writeFile(store.path(contentId), '012345678x');
    await expect(ask(`/blobs/${contentId}`)).rejects.toThrow();
    // The reader is cut off first; then the file is put away.
    await until(async () => (await ask(`/blobs/${contentId}`).catch(() => undefined))?.status === 404);
  });

  it('says so when the port is taken', async () => {
    const { folder, server } = await startServer();
    const port = Number(new URL(server.url()).port);
    const second = createArtifactServer({ folder, host: '127.0.0.1', port }, deps);
    await expect(second.start(unstarted)).rejects.toMatchObject({ code: 'PORT_TAKEN', context: { port } });
    await second.stop();
    expect(() => second.url()).toThrow('not started');
  });

  it('frees the port when stopped, whoever is still reading', async () => {
    const { folder, server, ask } = await startServer();
    await ask(`/blobs/${contentId}`, { connection: 'keep-alive' });
    const port = Number(new URL(server.url()).port);
    await server.stop();
    const next = createArtifactServer({ folder, host: '127.0.0.1', port }, deps);
    await next.start(unstarted);
    await next.stop();
  });

  it('serves an empty blob', async () => {
    const { store, ask } = await startServer();
    const empty = await store.put(new Uint8Array(0));
    expect(await ask(`/blobs/${empty.contentId}`)).toMatchObject({
      status: 200,
      body: '',
      headers: { 'content-length': '0' },
    });
  });
});
