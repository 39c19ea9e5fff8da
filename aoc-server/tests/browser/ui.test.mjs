// The web page in a real browser, against a running server that holds at least 200 events:
//   AOC_URL=http://127.0.0.1:8000 npm test
// Nothing here knows the data: every value looked for is first asked of the API.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const SERVER = process.env.AOC_URL ?? "http://127.0.0.1:8000";
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const ROWS = "#list tr.row a[data-key]";

/** Characters the page shows by number, because they hide or reorder text. */
const DECEIVING = /[\u007f-\u009f\u200b\u202a-\u202e\u2066-\u2069\ufeff]/g;

let browser;

before(async () => {
  browser = await chromium.launch({ executablePath: process.env.AOC_CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
});
after(() => browser?.close());

async function api(path) {
  const response = await fetch(SERVER + path);
  assert.equal(response.status, 200, `${path} answered ${response.status}`);
  return response.json();
}

/** Opens the page, runs the steps, and demands that the browser had nothing to complain about. */
async function onPage(path, steps, { expected = () => false } = {}) {
  const page = await browser.newPage({ viewport: { width: 1366, height: 850 }, locale: "en-GB" });
  const complaints = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(`${message.text()} ${message.location().url}`));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  try {
    await page.goto(SERVER + path);
    await settled(page);
    await steps(page);
    assert.deepEqual(await page.evaluate(() => window.violations), [], "violations of the content security policy");
    assert.deepEqual(complaints.filter((text) => !expected(text)), [], "complaints in the console");
  } finally {
    await page.close();
  }
}

async function settled(page) {
  await page.waitForFunction(() => !document.body.hasAttribute("aria-busy") && document.querySelector("#list table, #list .blank h2"));
}

async function keys(page) {
  return page.locator(ROWS).evaluateAll((links) => links.map((link) => link.dataset.key));
}

/** Text without differences in blanks, which a page does not show. */
function plain(text) {
  return text.trim().replace(/\s+/g, " ");
}

async function total(page) {
  return Number((await page.locator("#total").innerText()).replace(/\D/g, ""));
}

/** Waits until the page shows this many events in total. */
async function untilTotal(page, wanted) {
  await page.waitForFunction((count) => Number(document.querySelector("#total").textContent.replace(/\D/g, "")) === count, wanted);
  await settled(page);
}

test("the list shows the newest events and the total", async () => {
  const hits = await api("/api/events?page_size=50&raw=false");
  assert.ok(hits.total >= 200, `this test needs at least 200 events, the server has ${hits.total}`);
  await onPage("/", async (page) => {
    assert.equal(await total(page), hits.total);
    assert.deepEqual((await keys(page)).slice(0, 50), hits.items.map((event) => event.dedupe_key));
    const first = await page.locator("#list tr.row").first().innerText();
    assert.ok(plain(first).includes(plain(hits.items[0].operation)), first);
  });
});

test("the server sends the strict content security policy with the page", async () => {
  const response = await fetch(`${SERVER}/`);
  const policy = response.headers.get("content-security-policy") ?? "";
  for (const part of ["default-src 'none'", "script-src 'self'", "require-trusted-types-for 'script'"]) assert.ok(policy.includes(part), policy);
});

test("typing a search narrows the list and the address holds it", async () => {
  const { operations } = await api("/api/filter-options");
  const word = operations.at(-1).value.trim().split(/\s+/)[0];
  const hits = await api(`/api/events?page_size=1&search=${encodeURIComponent(word)}`);
  await onPage("/", async (page) => {
    await page.locator("#search").pressSequentially(word, { delay: 15 });
    await page.waitForURL((url) => url.searchParams.get("search") === word);
    await untilTotal(page, hits.total);
    assert.ok((await keys(page)).length > 0);
  });
});

test("a slow answer to an older search does not replace a newer one", async () => {
  const { operations } = await api("/api/filter-options");
  const word = operations.at(-1).value.trim().split(/\s+/)[0];
  const hits = await api(`/api/events?page_size=1&search=${encodeURIComponent(word)}`);
  await onPage("/", async (page) => {
    await page.route(/search=older/, async (route) => {
      await new Promise((done) => setTimeout(done, 1200));
      await route.continue().catch(() => {});
    });
    await page.locator("#search").fill("older");
    await page.waitForURL(/search=older/);
    await page.locator("#search").fill(word);
    await untilTotal(page, hits.total);
    await page.waitForTimeout(1500);
    assert.equal(await total(page), hits.total);
  });
});

test("ticking a service filters list and address, and back restores both", async () => {
  const { services } = await api("/api/filter-options");
  const { value, count } = services.at(-1);
  const { total: all } = await api("/api/events?page_size=1");
  await onPage("/", async (page) => {
    const before = await keys(page);
    const group = page.locator("details.facet", { has: page.locator("h3", { hasText: /^Service$/ }) });
    if (services.length > 8) await group.locator("button.more").click();
    await group.locator(`li[data-value=${JSON.stringify(value)}] input`).click();
    await page.waitForURL((url) => url.searchParams.get("service") === value);
    await untilTotal(page, count);
    const shown = await page.locator("#list td.c-service").allTextContents();
    assert.deepEqual([...new Set(shown)], [value]);
    assert.ok((await group.locator("li").count()) >= Math.min(services.length, 2), "the other services stay on offer");
    await page.goBack();
    await untilTotal(page, all);
    assert.equal(new URL(page.url()).search, "");
    assert.deepEqual(await keys(page), before);
    await page.goForward();
    await untilTotal(page, count);
  });
});

test("a chip takes its filter away", async () => {
  const { results } = await api("/api/filter-options");
  const { total: all } = await api("/api/events?page_size=1");
  await onPage(`/?result=${encodeURIComponent(results[0].value)}`, async (page) => {
    await untilTotal(page, results[0].count);
    await page.locator("#chips .chip").first().click();
    await untilTotal(page, all);
  });
});

test("the timeline draws, and a click looks closer", async () => {
  const { buckets } = await api("/api/timeline");
  assert.ok(buckets.length > 0);
  await onPage("/", async (page) => {
    const drawn = await page.locator("path.chart-events").getAttribute("d");
    assert.match(drawn, /^M[\d.]+ [\d.]+h/);
    await page.locator("svg.chart").focus();
    await page.keyboard.press("ArrowRight");
    assert.match(await page.locator(".tip").innerText(), /\d+ events?/);
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.searchParams.has("start") && url.searchParams.has("end"));
    await settled(page);
    const asked = new URL(page.url()).searchParams;
    const hits = await api(`/api/events?${new URLSearchParams({ start: asked.get("start"), end: asked.get("end"), page_size: "1" })}`);
    await untilTotal(page, hits.total);
  });
});

test("an event opens with its changes and its raw record", async () => {
  const { items } = await api("/api/events?page_size=500&raw=false");
  const event = items.find(({ changes }) => changes?.length > 0) ?? items[0];
  await onPage(`/?event=${encodeURIComponent(event.dedupe_key)}`, async (page) => {
    await page.locator("#detail pre.json").waitFor();
    assert.equal(plain(await page.locator("#detail h2").innerText()), plain(event.operation));
    assert.equal(await page.locator("#detail .changes tbody tr:not(.change-target)").count(), event.changes.length);
    const whole = await api(`/api/events/${encodeURIComponent(event.dedupe_key)}`);
    const raw = JSON.parse(JSON.stringify(whole.raw).replace(DECEIVING, (c) => `[U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}]`));
    assert.deepEqual(JSON.parse(await page.locator("#detail pre.json").textContent()), raw);
  });
});

test("rows open by mouse and keyboard, the next event follows, Escape closes", async () => {
  await onPage("/", async (page) => {
    const [first, second, third] = await keys(page);
    await page.locator("#list tr.row td.c-actor").first().click();
    await page.waitForURL((url) => url.searchParams.get("event") === first);
    await page.locator("#detail pre.json").waitFor();
    await page.getByRole("button", { name: /Next event/ }).click();
    await page.waitForURL((url) => url.searchParams.get("event") === second);
    await page.keyboard.press("Escape");
    await page.locator("#detail").waitFor({ state: "hidden" });
    await page.locator(ROWS).nth(1).focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.searchParams.get("event") === third);
  });
});

test("more events load without repeats, in the order of the API", async () => {
  const { total: all } = await api("/api/events?page_size=1");
  const expected = (await api("/api/events?page_size=500&raw=false")).items.map((event) => event.dedupe_key);
  await onPage("/", async (page) => {
    const count = (await keys(page)).length;
    await page.locator("#load-more").click();
    await page.waitForFunction(([rows, least]) => document.querySelectorAll(rows).length > least, [ROWS, count]);
    const shown = await keys(page);
    assert.equal(new Set(shown).size, shown.length);
    assert.equal(shown.length, Math.min(2 * count, all));
    assert.deepEqual(shown, expected.slice(0, shown.length));
  });
});

test("markup in an event is shown as text", async (context) => {
  const { items } = await api(`/api/events?page_size=1&search=${encodeURIComponent('"<img src=x onerror="')}`);
  if (items.length === 0) return context.skip("no event of this server holds markup");
  await onPage(`/?event=${encodeURIComponent(items[0].dedupe_key)}&search=onerror`, async (page) => {
    await page.locator("#detail pre.json").waitFor();
    assert.ok((await page.locator("body").innerText()).includes("<img src=x onerror="));
    assert.equal(await page.locator("img, #list script, #detail script").count(), 0);
  });
});

const refusals = (text) => /status of 40[04]/.test(text);

test("a wrong value in the address gives the server's sentence, not a blank page", async () => {
  const response = await fetch(`${SERVER}/api/events?start=yesterday`);
  assert.equal(response.status, 400);
  const { detail } = await response.json();
  await onPage("/?start=yesterday", async (page) => {
    const text = await page.locator("#list").innerText();
    assert.ok(text.toLowerCase().includes(detail.toLowerCase()), text);
    await page.getByRole("link", { name: "Remove all filters" }).click();
    await page.locator(ROWS).first().waitFor();
  }, { expected: refusals });
});

test("unknown and hostile parameters are named or searched for, never run", async () => {
  const hostile = '"><script>window.hurt=1</script><img src=x onerror=window.hurt=2>';
  await onPage(`/?nonsense=1&range=9x&${encodeURIComponent(hostile)}=1&search=${encodeURIComponent(hostile)}&actor=${encodeURIComponent(hostile)}&%E0%A4=%`, async (page) => {
    const notices = await page.locator("#notices").innerText();
    assert.match(notices, /nonsense/);
    assert.match(notices, /9x/);
    assert.equal(await page.evaluate(() => window.hurt), undefined);
    assert.match(await page.locator("#list").innerText(), /No event matches|does not accept/);
    assert.equal(await page.locator("img").count(), 0);
  }, { expected: refusals });
});

test("an event that is not there says so", async () => {
  await onPage("/?event=no-such-event", async (page) => {
    await page.getByText("No such event").waitFor();
    assert.ok((await keys(page)).length > 0, "the list is there all the same");
  }, { expected: refusals });
});

test("the page fits a narrow screen", async () => {
  await onPage("/", async (page) => {
    await page.setViewportSize({ width: 390, height: 844 });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "nothing is wider than the screen");
    await page.getByRole("button", { name: "Filters" }).click();
    assert.ok(await page.locator("#filters").isVisible());
    await page.keyboard.press("Escape");
    assert.ok(await page.locator("#filters").isHidden());
  });
});

/** A ledger with a loss, a hole and markup in it, of the last two hours. */
function ledger() {
  const ago = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();
  const gap = { from: ago(90), until: ago(60), kind: "lost", reason: "<img src=x onerror=window.hurt=1>", items: ["blob-1", "blob-2"], age_seconds: 3600 };
  const hole = { from: ago(30), until: ago(20), kind: "missing", reason: "no window covers it", age_seconds: 1200 };
  const underWay = Array.from({ length: 60 }, () => ({ from: ago(95), until: ago(91), kind: "incomplete", reason: "listed", age_seconds: 5460 }));
  const strip = [[120, 90, "sealed"], [90, 60, "lost"], [60, 30, "stored"], [30, 20, "missing"], [20, 0, "open"]].map(([from, until, standing]) => ({ from: ago(from), until: ago(until), standing }));
  const stream = { source: "office365", tenant: "contoso", content: "Audit.Exchange", sentence: "2 gaps; complete from here until there", gaps: [...underWay, gap, hole], strip };
  return { at: ago(0), forgotten_before: null, streams: [stream], uncollected: ["entra"], unreadable: [{ key: "ledger/x", reason: "this is no window" }] };
}

test("the completeness view shows strip, sentence and gaps, and goes back to the events", async () => {
  await onPage("/?result=failure", async (page) => {
    let asked;
    await page.route("**/api/gaps?*", (route) => {
      asked = new URL(route.request().url()).searchParams;
      return route.fulfill({ json: ledger() });
    });
    await page.getByRole("link", { name: "Completeness", exact: true }).click();
    await page.waitForURL((url) => url.searchParams.get("view") === "completeness" && url.searchParams.get("result") === "failure");
    const stream = page.locator("#completeness .stream");
    await stream.waitFor();
    const days = (Date.now() - Date.parse(asked.get("from"))) / 86_400_000;
    assert.ok(asked.get("strip") === "true" && days > 6.99 && days <= 7, `asked for ${days} days`);
    assert.equal(await stream.locator("rect").count(), 5);
    assert.ok((await stream.locator("rect.standing-lost").boundingBox()).width >= 1, "a loss is seen");
    const text = await page.locator("#completeness").innerText();
    for (const part of ["2 gaps; complete from here", "<img src=x onerror", "2 blobs: blob-1, blob-2", "missing", "ledger/x: this is no window", "as of", "entra: nothing was collected yet", "and 12 more gaps"]) assert.ok(text.includes(part), text);
    assert.equal(await page.locator("#completeness .gap.serious").count(), 2);
    assert.equal(await page.locator("img").count(), 0);
    assert.ok(await page.locator("#list").isHidden());
    await page.setViewportSize({ width: 390, height: 844 });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "nothing is wider than the screen");
    await page.getByRole("link", { name: "Events", exact: true }).click();
    await page.waitForURL((url) => !url.searchParams.has("view"));
    assert.ok(await page.locator("#list").isVisible() && (await page.locator("#completeness").isHidden()));
  });
});

test("the completeness view says what the server says of the ledger", async () => {
  const { streams } = await api("/api/gaps");
  await onPage("/?view=completeness", async (page) => {
    await page.locator("#completeness h2").waitFor();
    if (streams.length === 0) await page.getByText("No source has proven anything").waitFor();
    else await page.locator("#completeness .stream").first().waitFor();
    await page.route("**/api/gaps?*", (route) => route.fulfill({ status: 503, json: { title: "unavailable", detail: "the store does not answer" } }));
    await page.locator("#refresh").click();
    await page.getByText("The store does not answer.").waitFor();
  }, { expected: (text) => /status of 503/.test(text) });
});

test("the completeness view says who leads, where several processes share the store", async () => {
  const leader = { name: "web1:4711", token: 3, since: "2026-03-02T00:00:00Z" };
  for (const [leadership, expected] of [
    [{ leads: true, leader }, "Leader: web1:4711 since"],
    [{ leads: false, leader }, "This process stands by; web1:4711 leads since"],
    [{ leads: false, leader: null }, "This process stands by; nobody leads"],
    [{ leads: true, leader: null }, null],
    [null, null],
  ]) {
    await onPage("/", async (page) => {
      await page.route("**/api/source-health", (route) => route.fulfill({ json: { started_at: null, sources: [], followers: [], leadership } }));
      await page.getByRole("link", { name: "Completeness", exact: true }).click();
      await page.locator("#completeness h2").waitFor();
      const lines = await page.locator("#completeness .leader").allInnerTexts();
      if (expected === null) assert.deepEqual(lines, []);
      else assert.ok(lines.length === 1 && plain(lines[0]).startsWith(expected), lines.join());
    });
  }
});
