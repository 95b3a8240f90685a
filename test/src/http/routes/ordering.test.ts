import { afterAll, beforeAll, expect, test } from 'vitest';
import { orderingSetting } from '#db/settings.ts';
import { startTestApi, type TestApi } from '../api-under-test.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

test('an operator resumes orders, and the setting and the log name the operator', async () => {
  const { status, body } = await api.call('POST', '/v1/ordering/resume');
  expect(status).toBe(200);
  expect(await api.store.readSetting(orderingSetting)).toEqual({
    value: { resumedBy: 'boss' },
    updatedAt: new Date(body.resumedAt),
  });
  expect(api.surroundings.log).toContainEqual(expect.objectContaining({ event: 'ordering-resumed', by: 'boss' }));
});
