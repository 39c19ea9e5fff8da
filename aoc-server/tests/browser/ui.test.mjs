// The web page in a real browser, against a running server that holds at least 200 events:
//   AOC_URL=http://127.0.0.1:8000 npm test
// Nothing here knows the data: every value looked for is first asked of the API. Rules must find something in it; rules
// that are made here are deleted again.
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

/** Text as the page shows it. */
function byNumber(text) {
  return text.replace(DECEIVING, (c) => `[U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}]`);
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
    const raw = JSON.parse(byNumber(JSON.stringify(whole.raw)));
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

/** The alerts among the newest events of ours, once there are some and no more come: rules look at events after they are stored. */
async function alerts() {
  let before = 0;
  for (let tries = 0; ; tries += 1) {
    const { items, total } = await api("/api/events?service=AOC&source=aoc&page_size=200");
    const found = items.filter(({ raw }) => Array.isArray(raw?.events));
    if ((found.length > 0 && total === before) || tries === 60) return found;
    before = total;
    await new Promise((done) => setTimeout(done, 500));
  }
}

/** The newest event that is not one of ours. */
async function foreign() {
  const { sources } = await api("/api/filter-options");
  const source = sources.find(({ value }) => value !== "aoc").value;
  return (await api(`/api/events?page_size=1&raw=false&source=${encodeURIComponent(source)}`)).items[0];
}

/** Has the server change something, as a program that is no browser does. */
async function change(method, path, body) {
  const response = await fetch(SERVER + path, { method, body: body && JSON.stringify(body), headers: body ? { "content-type": "application/json" } : {} });
  return { status: response.status, answer: response.status === 204 ? null : await response.json() };
}

/** A rule that is stored while the steps run. */
async function withRule(rule, steps) {
  const { status, answer } = await change("POST", "/api/rules", rule);
  assert.equal(status, 201, answer.detail);
  try {
    await steps(answer);
  } finally {
    await change("DELETE", `/api/rules/${encodeURIComponent(answer.id)}`);
  }
}

/** Waits until an element says something. */
async function says(locator, pattern) {
  await locator.filter({ hasText: pattern }).first().waitFor();
}

const HOSTILE = "<img src=x onerror=window.hurt=1> \u202eevil";

test("the views are links that keep the filters, name the present one and go back", async () => {
  await onPage("/?result=failure", async (page) => {
    const views = page.getByRole("navigation", { name: "Views" });
    assert.deepEqual(await views.getByRole("link").allInnerTexts(), ["Events", "Ask", "Alerts", "Sinks", "Completeness"]);
    for (const name of ["Ask", "Alerts", "Sinks", "Completeness"]) {
      await views.getByRole("link", { name }).focus();
      await page.keyboard.press("Enter");
      await page.waitForURL((url) => url.searchParams.get("view") === name.toLowerCase() && url.searchParams.get("result") === "failure");
      assert.deepEqual(await views.locator("[aria-current=page]").allInnerTexts(), [name]);
      assert.equal(await page.evaluate(() => document.activeElement.textContent), name, "the focus stays");
      assert.ok(await page.locator(`#${name.toLowerCase()}`).isVisible());
      assert.ok(await page.locator("#list").isHidden());
    }
    await page.goBack();
    await page.locator("#sinks").waitFor();
    for (let steps = 0; steps < 3; steps += 1) await page.goBack();
    await page.locator("#list").waitFor();
    assert.deepEqual(await views.locator("[aria-current=page]").allInnerTexts(), ["Events"]);
  });
});

test("the alerts view lists the newest alerts, counts them by severity, and opens one", async () => {
  const found = await alerts();
  assert.ok(found.length > 0, "the rules find nothing on this server");
  await onPage("/?view=alerts", async (page) => {
    const rows = page.locator("#alerts table.alerts a[data-key]");
    await rows.first().waitFor();
    const shown = await rows.evaluateAll((links) => links.map((link) => link.dataset.key));
    assert.deepEqual(shown, found.slice(0, shown.length).map(({ dedupe_key }) => dedupe_key));
    const worst = ["critical", "high", "medium", "low", "informational"].find((one) => found.some(({ raw }) => raw.severity === one));
    const count = found.filter(({ raw }) => raw.severity === worst).length;
    await says(page.locator("#alerts .by-severity"), new RegExp(`${worst}\\s*${count}`));
    await rows.first().focus();
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.searchParams.get("event") === shown[0] && url.searchParams.get("view") === "alerts");
    const section = page.locator("#detail section.alert");
    await section.waitFor();
    await page.waitForFunction(() => document.activeElement?.closest("#detail"));
    const text = plain(await section.innerText());
    for (const part of [found[0].raw.severity, found[0].raw.rule, ...found[0].raw.reasons.slice(0, 1)]) assert.ok(text.includes(plain(byNumber(part))), `${part} in ${text}`);
    await section.locator(".keys a").first().click();
    await page.waitForURL((url) => url.searchParams.get("event") === found[0].raw.events[0]);
    await page.getByRole("button", { name: "Why (not)?" }).waitFor();
    await page.goBack();
    await section.waitFor();
    await page.keyboard.press("Escape");
    await page.locator("#detail").waitFor({ state: "hidden" });
    assert.equal(await page.evaluate(() => document.activeElement.dataset.key), shown[0], "the focus is where it was");
    await page.getByRole("link", { name: "In the list of events" }).click();
    await page.waitForURL((url) => url.searchParams.get("service") === "AOC" && !url.searchParams.has("view"));
  });
});

test("the alerts view lists the rules, and one opens with its conditions", async () => {
  const { items } = await api("/api/rules");
  assert.ok(items.length > 0, "this server has no rules");
  const rule = items.find(({ language, conditions = [] }) => language === "native" && conditions.length > 0) ?? items[0];
  await onPage("/?view=alerts", async (page) => {
    const rows = page.locator("#rules tr[data-rule]");
    await rows.first().waitFor();
    assert.deepEqual((await rows.evaluateAll((all) => all.map((row) => row.dataset.rule))).sort(), items.map(({ id }) => id).sort());
    await page.locator(`#rules tr[data-rule=${JSON.stringify(rule.id)}] a`).click();
    await page.waitForURL((url) => url.searchParams.get("rule") === rule.id);
    await says(page.locator("#rules .rule h3"), rule.name);
    const shown = await page.locator("#rules .conditions").innerText();
    for (const { field } of rule.conditions ?? []) assert.ok(shown.includes(field), shown);
    await page.getByRole("button", { name: "Close the rule" }).click();
    await page.waitForURL((url) => !url.searchParams.has("rule"));
    await page.locator("#rules .rule").waitFor({ state: "hidden" });
  });
});

test("a rule is made, backtested, changed, switched off and deleted", async () => {
  const { services } = await api("/api/filter-options");
  const name = `Made by a test ${Date.now()}`;
  const rule = { name, severity: "low", filter: { service: services[0].value }, enabled: false };
  await onPage("/?view=alerts", async (page) => {
    await page.getByRole("button", { name: "New rule" }).click();
    const text = page.getByLabel("The rule, as JSON");
    assert.ok(JSON.parse(await text.inputValue()).conditions.length > 0, "it begins with an example");
    await text.fill(JSON.stringify(rule));
    await page.getByRole("button", { name: "7 days" }).click();
    await says(page.locator("#rules .backtest-result"), /events? of the last 7 days looked at/);
    assert.equal(await text.inputValue(), JSON.stringify(rule), "what is written stays");
    await page.getByRole("button", { name: "Save" }).click();
    const panel = page.locator("#rules article.rule");
    await says(panel.locator("h3"), name);
    const { id } = (await api("/api/rules")).items.find((one) => one.name === name);
    await page.waitForURL((url) => url.searchParams.get("rule") === id);
    try {
      await panel.getByRole("button", { name: "90 days" }).click();
      await says(panel.locator(".backtest-result"), /hits?/);
      const report = (await change("POST", "/api/rules/backtest", { id, days: 90 })).answer.results[0].report;
      await says(panel.locator(".backtest-result"), `${report.alerts.toLocaleString("en-GB")} alert`);
      if (report.alerts > 0) assert.ok((await panel.locator("svg rect.day-alerts").count()) > 0 && (await panel.locator(".samples a").count()) > 0);
      await panel.getByRole("button", { name: "Switch on" }).click();
      await panel.getByRole("button", { name: "Switch off" }).click();
      await panel.getByRole("button", { name: "Switch on" }).waitFor();
      assert.equal((await api(`/api/rules/${id}`)).enabled, false);
      await panel.getByRole("button", { name: "Edit" }).click();
      await text.fill(JSON.stringify({ ...rule, severity: "high" }));
      await page.getByRole("button", { name: "Save" }).click();
      await says(panel.locator(".severity"), "high");
      assert.equal((await api(`/api/rules/${id}`)).severity, "high");
      await panel.getByRole("button", { name: "Delete" }).click();
      await page.getByRole("dialog").getByText(name).waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      assert.equal((await api(`/api/rules/${id}`)).id, id, "Escape deletes nothing");
      await panel.getByRole("button", { name: "Delete" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
      await page.locator(`#rules tr[data-rule="${id}"]`).waitFor({ state: "detached" });
      assert.equal((await fetch(`${SERVER}/api/rules/${id}`)).status, 404);
    } finally {
      await change("DELETE", `/api/rules/${id}`);
    }
  });
});

test("a wrong rule shows the server's sentence and stays as it is written", async () => {
  const wrong = { name: "x", conditions: [{ field: "actor", op: "is", value: "y" }] };
  const { status, answer } = await change("POST", "/api/rules", wrong);
  assert.equal(status, 400);
  await onPage("/?view=alerts", async (page) => {
    await page.getByRole("button", { name: "New rule" }).click();
    const text = page.getByLabel("The rule, as JSON");
    await text.fill(JSON.stringify(wrong));
    await page.getByRole("button", { name: "Save" }).click();
    await says(page.locator("#rule-answer"), answer.detail);
    assert.equal(await page.locator("#rule-answer code").first().innerText(), answer.detail.split(": ")[0]);
    assert.equal(await text.inputValue(), JSON.stringify(wrong));
    await text.fill('{"name":');
    await page.getByRole("button", { name: "Save" }).click();
    await says(page.locator("#rule-answer"), "This is no JSON");
    await page.locator("#refresh").click();
    await page.waitForFunction(() => !document.querySelector("#rules [aria-busy]"));
    assert.equal(await text.inputValue(), '{"name":', "asking again keeps what is written");
    await page.getByRole("button", { name: "Cancel" }).click();
    await text.waitFor({ state: "hidden" });
  }, { expected: refusals });
});

test("why not shows what each condition of a rule saw in an event", async () => {
  const event = await foreign();
  const rule = (await api("/api/rules")).items.find(({ in_force }) => in_force);
  const why = await api(`/api/rules/${encodeURIComponent(rule.id)}/why-not?event=${encodeURIComponent(event.dedupe_key)}`);
  const leaves = (step) => (step.steps?.length ? step.steps.flatMap(leaves) : [step]);
  await onPage(`/?event=${encodeURIComponent(event.dedupe_key)}`, async (page) => {
    await page.getByRole("button", { name: "Why (not)?" }).click();
    const choice = page.getByLabel("Rule", { exact: true });
    assert.equal(await choice.evaluate((select) => select === document.activeElement), true);
    await choice.selectOption(rule.id);
    await says(page.locator("#detail .why-answer"), why.matches ? "looks for this event" : "does not look for this event");
    const shown = plain(await page.locator("#detail .steps").first().innerText());
    for (const { condition } of leaves(why.step)) assert.ok(shown.includes(plain(byNumber(condition))), `${condition} in ${shown}`);
    assert.equal(await page.locator("#detail .steps li.holds:not(:has(.steps))").count(), leaves(why.step).filter(({ holds }) => holds).length);
    for (const remark of why.remarks) assert.ok((await page.locator("#detail .remarks").innerText()).includes(remark));
  });
});

test("hostile names of rules are shown as text", async () => {
  await withRule({ name: HOSTILE, description: HOSTILE, labels: [HOSTILE], filter: { service: HOSTILE }, conditions: [{ field: "actor", op: "contains", value: HOSTILE }] }, async ({ id }) => {
    await onPage(`/?view=alerts&rule=${encodeURIComponent(id)}`, async (page) => {
      const panel = page.locator("#rules article.rule");
      await says(panel.locator("h3"), "<img src=x onerror=window.hurt=1> [U+202E]evil");
      await panel.getByText("As JSON").click();
      await panel.getByRole("button", { name: "Delete" }).click();
      await page.getByRole("dialog").getByText("[U+202E]evil").waitFor();
      await page.keyboard.press("Escape");
      await page.goto(`${SERVER}/?event=${encodeURIComponent((await foreign()).dedupe_key)}`);
      await page.getByRole("button", { name: "Why (not)?" }).click();
      await page.getByLabel("Rule", { exact: true }).selectOption(id);
      await says(page.locator("#detail .steps"), "[U+202E]evil");
      assert.equal(await page.locator("img, #detail script").count(), 0);
      assert.equal(await page.evaluate(() => window.hurt), undefined);
    });
  });
});

test("rules that cannot be used are named with the reason, alerts that came late with the delay", async () => {
  const event = { id: "a", dedupe_key: "aoc:late", timestamp: new Date().toISOString(), source: "aoc", service: "AOC", tenant: "", operation: HOSTILE, result: "success", actor_display: HOSTILE, display_summary: HOSTILE, target_displays: [], changes: [], tags: [], comments: [], flags: [],
    raw: { rule: HOSTILE, subject: "x", severity: "high", title: HOSTILE, matched: 3, events: ["x", "y", "z"], reasons: [HOSTILE], labels: [HOSTILE], delay_seconds: 5400 } };
  const change = { ...event, dedupe_key: "aoc:change", operation: "Update alert rule", raw: { rule: "x", before: {}, after: {} } };
  const refused = [{ origin: "file", file: "rules/old.yml", id: null, title: HOSTILE, reason: "`| count()` is the old way", earlier_stays: true }];
  await onPage("/", async (page) => {
    await page.route("**/api/events?*service=AOC*", (route) => route.fulfill({ json: { items: [event, change], total: 2, next_cursor: null } }));
    await page.route("**/api/rules", (route) => route.fulfill({ json: { items: [], refused } }));
    await page.getByRole("link", { name: "Alerts", exact: true }).click();
    await says(page.locator("#alerts .refused"), "rules/old.yml: <img src=x onerror=window.hurt=1> [U+202E]evil: `| count()` is the old way. What the file said before stays in force.");
    const row = page.locator("#alerts table.alerts tbody tr");
    await says(row, "delivered 90 min late");
    assert.equal(await row.count(), 1, "a change of a rule is no alert");
    await says(page.locator("#alerts [role=status]"), "1 alert");
    assert.equal(await page.locator("img").count(), 0);
  });
});

test("a view says what the server says, and one part's failure hides no other", async () => {
  const unavailable = { status: 503, json: { title: "unavailable", detail: "the store does not answer" } };
  await onPage("/", async (page) => {
    await page.route("**/api/rules", (route) => route.fulfill(unavailable));
    await page.route("**/api/sinks", (route) => route.fulfill(unavailable));
    await page.getByRole("link", { name: "Alerts", exact: true }).click();
    await says(page.locator("#rules .notice"), "The rules could not be read. The store does not answer.");
    await page.locator("#alerts table.alerts, #alerts .blank").first().waitFor();
    await page.unroute("**/api/rules");
    await page.route("**/api/events?*service=AOC*", (route) => route.fulfill(unavailable));
    await page.locator("#refresh").click();
    await says(page.locator("#alerts .notice"), "The alerts could not be read. The store does not answer.");
    await page.locator("#rules tr[data-rule], #rules .blank").first().waitFor();
    await page.getByRole("link", { name: "Sinks", exact: true }).click();
    await says(page.locator("#sinks .notice"), "The sinks could not be read. The store does not answer.");
    await page.unroute("**/api/sinks");
    await page.locator("#refresh").click();
    await page.locator("#sinks table, #sinks .blank").first().waitFor();
  }, { expected: (text) => /status of 503/.test(text) });
});

test("the sinks view shows the sinks there are, or how to configure one", async () => {
  const { items } = await api("/api/sinks");
  await onPage("/?view=sinks", async (page) => {
    if (items.length === 0) {
      await page.getByText("No sinks are configured").waitFor();
      assert.match(await page.locator("#sinks pre").innerText(), /^\[sinks\.\w+\]\ntype = /);
    } else {
      await page.locator("#sinks tbody.sink").first().waitFor();
      assert.deepEqual(await page.locator("#sinks tbody.sink th bdi:first-child").allInnerTexts(), items.map(({ name }) => name));
    }
    await page.setViewportSize({ width: 390, height: 844 });
    for (const view of ["Sinks", "Alerts"]) {
      await page.getByRole("link", { name: view, exact: true }).click();
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${view}: nothing is wider than the screen`);
    }
  });
});

test("a sink shows its last error and what was refused, and delivers again when that is confirmed", async () => {
  const { items: [event] } = await api("/api/events?page_size=1&raw=false");
  const sink = { name: "si em", type: "webhook", filter: { service: ["AOC"] }, state: "failing", position: 7, behind: 1200, lag_seconds: 7300, delivered: 5, set_aside: 2, last_error: { kind: "unavailable", message: "sinks.siem: <b>503</b>", at: "2026-03-02T00:00:00Z" } };
  const archive = { ...sink, name: "archive", filter: {}, state: null, position: null, behind: 0, lag_seconds: 0, set_aside: 0, last_error: null };
  const asked = [];
  await onPage("/", async (page) => {
    await page.route("**/api/sinks", (route) => route.fulfill({ json: { items: [sink, archive] } }));
    await page.route("**/api/sinks/si%20em/rejected", (route) => route.fulfill({ json: { total: 2, items: [{ position: 3, id: event.dedupe_key, summary: HOSTILE, reason: "too <i>odd</i>" }, { position: 4, id: null, summary: null, reason: "too large" }] } }));
    await page.route("**/api/sinks/si%20em/replay", (route) => {
      asked.push({ ...route.request().postDataJSON(), method: route.request().method(), type: route.request().headers()["content-type"] });
      return route.fulfill({ status: 202, json: { from: 0, only_rejected: true, events: 2 } });
    });
    await page.getByRole("link", { name: "Sinks", exact: true }).click();
    const row = page.locator("#sinks tbody.sink").first();
    await row.waitFor();
    const text = plain(await row.innerText());
    for (const part of ["si em webhook", "failing", "1,200 events, 2 h", "sinks.siem: <b>503</b>", "service is “AOC”"]) assert.ok(text.includes(part), `${part} in ${text}`);
    assert.equal(await page.getByRole("button", { name: "Show what was refused" }).count(), 1, "where nothing was refused there is nothing to show");
    await row.getByRole("button", { name: "Show what was refused" }).click();
    await says(row.locator(".refusals"), "too <i>odd</i>");
    await row.getByRole("button", { name: "Offer refused again" }).click();
    await page.getByRole("dialog").getByText("2 refused events").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await row.getByRole("button", { name: "Offer refused again" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Offer again" }).click();
    await says(row, "2 events will be offered again soon.");
    await row.getByRole("button", { name: "Replay from…" }).click();
    await row.locator("input[type=date]").fill("2026-01-01");
    await page.keyboard.press("Enter");
    await says(page.getByRole("dialog"), /about [\d,]+ events?/);
    await page.getByRole("dialog").getByRole("button", { name: "Deliver again" }).click();
    await page.waitForFunction(() => !document.querySelector("dialog"));
    await page.locator("#refresh").click();
    await row.locator(".refusals a").click();
    await page.waitForURL((url) => url.searchParams.get("event") === event.dedupe_key && url.searchParams.get("view") === "sinks");
    const form = { method: "POST", type: "application/json" };
    const midnight = await page.evaluate(() => new Date("2026-01-01T00:00:00").toISOString().replace(".000Z", "Z"));
    assert.deepEqual(asked, [{ only_rejected: true, ...form }, { from: midnight, ...form }]);
    assert.equal(await page.locator("img, #sinks b, #sinks .reason i").count(), 0);
  });
});

/** The address of a question. */
function asking(question, more = {}) {
  return `/?${new URLSearchParams({ view: "ask", question, ...more })}`;
}

/** What the API answers. */
async function answered(question, more = {}) {
  const { status, answer } = await change("POST", "/api/ask", { question, ...more });
  assert.equal(status, 200, answer.detail);
  return answer;
}

const FAILED = "Which operations failed in the last 365 days?";

test("a question is answered with links to its events, and its address leads back to it", async () => {
  const { claims, query_info: { total_matched: count, event_count: looked } } = await answered(FAILED);
  assert.ok(count > 0, "nothing failed on this server");
  await onPage("/?view=ask", async (page) => {
    let asked = 0;
    page.on("request", (request) => (asked += Number(request.url().endsWith("/api/ask"))));
    assert.ok((await page.locator("#ask .examples a").count()) >= 4);
    await page.getByLabel("Ask about the events").fill(FAILED);
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.searchParams.get("question") === FAILED);
    await says(page.locator("#ask [role=status]"), `${count.toLocaleString("en-GB")} event`);
    const sentences = page.locator("#ask .sentences li");
    assert.equal(await sentences.first().locator(".ref").count(), claims[0].events.length);
    assert.ok(plain(await sentences.nth(1).innerText()).startsWith(plain(byNumber(claims[1].text))));
    assert.equal(await page.locator("#ask .looked tr.row").count(), looked);
    await sentences.first().locator(".ref").first().focus();
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.searchParams.get("event") === claims[0].events[0] && url.searchParams.get("question") === FAILED);
    await page.locator("#detail pre.json").waitFor();
    await page.waitForFunction(() => document.activeElement?.closest("#detail"));
    await page.keyboard.press("Escape");
    await page.locator("#detail").waitFor({ state: "hidden" });
    assert.equal(await page.evaluate(() => document.activeElement.className), "ref", "the focus is where it was");
    await page.keyboard.press("Enter");
    await page.locator("#detail pre.json").waitFor();
    await page.locator("#ask .looked tr.row td.c-actor").first().click();
    await page.getByRole("button", { name: /Next event/ }).waitFor();
    await page.goBack();
    await page.locator("#detail").waitFor({ state: "hidden" });
    assert.equal(await page.locator("#ask .examples").count(), 0);
    for (let steps = 0; steps < 3; steps += 1) await page.goBack();
    await page.locator("#ask .examples a").first().click();
    await page.locator("#ask .plan").waitFor();
    await page.goBack();
    await page.goForward();
    await page.locator("#ask .plan").waitFor();
    assert.equal(asked, 2, "what is known is not asked again");
    await page.getByRole("link", { name: "Events", exact: true }).click();
    await page.waitForURL((url) => !url.search);
    await page.getByRole("link", { name: "Ask", exact: true }).click();
    await page.waitForURL((url) => url.searchParams.has("question"));
    await page.goto(SERVER + asking(FAILED, { event: claims[0].events[0] }));
    await page.waitForFunction(() => !document.querySelector('#detail button[title^="Next event"]').disabled);
    await page.getByRole("link", { name: /^Show th/ }).click();
    await page.waitForURL((url) => !url.searchParams.has("view") && url.searchParams.get("result") === "failure" && url.searchParams.has("start"));
    await untilTotal(page, count);
  });
});

test("the plan of an answer is edited, run again, and taken back", async () => {
  await onPage(asking(FAILED), async (page) => {
    const plan = (url) => JSON.parse(url.searchParams.get("plan") ?? "{}");
    const section = page.locator("#ask .plan");
    await section.getByRole("button", { name: "Edit" }).click();
    await page.waitForFunction(() => document.activeElement?.closest(".plan-form"));
    const others = section.getByLabel("Other filters");
    await section.getByText("Sources, tenants and tags").click();
    const were = await others.inputValue();
    await others.fill("{");
    await section.getByRole("button", { name: "Run again" }).click();
    await says(section.locator(".complaint"), "no JSON");
    await others.fill(were);
    await section.getByLabel("Asks").selectOption("count");
    await section.getByLabel("Tells at most").fill("7");
    await section.getByLabel("partial").check();
    await section.getByLabel("Services").fill("");
    await section.getByRole("button", { name: "Run again" }).click();
    await page.waitForURL((url) => plan(url).limit === 7);
    const sent = plan(new URL(page.url()));
    assert.deepEqual([sent.intent, sent.filter.result, sent.filter.service, sent.group_by], ["count", ["failure", "partial"], [], undefined]);
    const { query_info: { total_matched: count } } = await answered(FAILED, { plan: sent });
    await says(page.locator("#ask [role=status]"), `${count.toLocaleString("en-GB")} event`);
    await says(section.locator(".parts"), "at most 7");
    assert.equal(await page.evaluate(() => document.activeElement.className), "answered", "the focus is at the answer");
    await section.locator("a.chip", { hasText: "failure" }).click();
    await page.waitForURL((url) => plan(url).filter?.result?.join() === "partial");
    await says(section.locator(".parts"), "partial");
    assert.equal(await section.locator("a.chip", { hasText: "failure" }).count(), 0);
    await page.goBack();
    await page.goBack();
    await page.waitForURL((url) => !url.searchParams.has("plan"));
    await says(section.locator(".parts"), "Which ones, by operation");
  });
});

test("a plan that cannot be is refused in the server's words", async () => {
  for (const plan of ["nonsense", JSON.stringify({ range: { end: "2026-01-01T00:00:00Z" }, limit: 9999 })]) {
    await onPage(asking("x", { plan }), async (page) => {
      await page.locator("#ask .notice").waitFor();
      assert.match(await page.locator("#ask .notice").innerText(), /plan|limit/i);
    }, { expected: refusals });
  }
});

test("the page's filters go before the question, and can be taken away", async () => {
  const { services } = await api("/api/filter-options");
  const service = services[0].value;
  await onPage(`/?${new URLSearchParams({ service, range: "90d", result: "failure" })}`, async (page) => {
    const bodies = [];
    page.on("request", (request) => request.url().endsWith("/api/ask") && bodies.push(request.postDataJSON()));
    await page.getByRole("link", { name: "Ask", exact: true }).click();
    await says(page.locator("#ask"), "These filters limit the answer");
    await page.getByLabel("Ask about the events").fill("What happened in the last 365 days?");
    await page.getByRole("button", { name: "Ask", exact: true }).click();
    await says(page.locator("#ask .plan .remarks"), "Set by filters");
    assert.deepEqual([bodies[0].services, bodies[0].result, typeof bodies[0].start], [[service], ["failure"], "string"]);
    assert.deepEqual(await page.locator("#ask .parts .chip", { hasText: "Service" }).locator("bdi").allInnerTexts(), [service]);
    await page.locator("#ask .chips .chip", { hasText: service }).click();
    await page.waitForURL((url) => !url.searchParams.has("service") && url.searchParams.get("result") === "failure" && url.searchParams.has("question"));
    await page.locator("#ask .plan").waitFor();
    assert.deepEqual(bodies[1].services, []);
    await page.getByRole("link", { name: "Clear all" }).click();
    await page.waitForURL((url) => url.searchParams.has("question") && !url.searchParams.has("result"));
    await page.locator("#ask .plan").waitFor();
    assert.equal(bodies[2].start, undefined);
    await page.goto(`${SERVER}${asking("What happened?")}&result=success&result=failure`);
    await page.locator("#ask .plan").waitFor();
    assert.deepEqual(bodies.at(-1).result, ["success", "failure"]);
  });
});

test("a question of a link is not sent to a language model before somebody says so", async () => {
  await onPage("/", async (page) => {
    await page.route("**/api/config/features", (route) => route.fulfill({ json: { ai_features_enabled: true, llm_configured: true } }));
    let asked = 0;
    page.on("request", (request) => request.url().endsWith("/api/ask") && asked++);
    await page.goto(`${SERVER}${asking("What happened in the last 365 days?")}`);
    await says(page.locator("#ask [role=status]"), "came with a link");
    assert.equal(asked, 0);
    await page.getByRole("button", { name: "Ask", exact: true }).click();
    await page.locator("#ask .plan").waitFor();
    assert.equal(asked, 1);
  });
});

/** Server-sent events as the server writes them. */
function told(...events) {
  return { contentType: "text/event-stream", body: events.map(([name, data]) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`).join("") };
}

/** An answer with what a model can do to it. */
async function modelled() {
  const event = await foreign();
  const claims = [
    { text: "3 events match.", events: [event.dedupe_key], status: "stored" },
    { text: HOSTILE, events: [event.dedupe_key, `x:${HOSTILE}`], status: "verified" },
    { text: `${"long".repeat(60)}.`, events: Array.from({ length: 9 }, (_, i) => `x:${i}`), status: "corrected", reason: "the number was 4 <b>" },
    ...["two", "three", HOSTILE].map((reason) => ({ text: "", events: [], status: "removed", reason })),
  ];
  const plan = { intent: "list", filter: { actor: HOSTILE, service: [HOSTILE] }, range: { end: "2026-01-01T00:00:00Z", words: HOSTILE }, limit: 5, order: "newest", notes: [HOSTILE] };
  const value = [{ value: HOSTILE, count: 3 }];
  return { answer: "", claims, events: [{ ...event, actor_display: HOSTILE }], llm_used: true, llm_error: "the language model took too long",
    query_info: { plan, total_matched: 3, event_count: 1, left_out: 2, counts: { total: 3, service: value, operation: value, result: value, actor: value } } };
}

test("what a model said is marked as checked, what it could not prove is folded, and all is text", async () => {
  const answer = await modelled();
  await onPage("/?view=ask", async (page) => {
    await page.route("**/api/ask", (route) => route.fulfill(told(["text", { text: "3 events match." }], ["answer", answer])));
    await page.getByLabel("Ask about the events").fill(HOSTILE);
    await page.keyboard.press("Enter");
    await page.locator("#ask .mark").first().waitFor();
    const sentences = page.locator("#ask .sentences li");
    assert.deepEqual(await page.locator("#ask .mark").allInnerTexts(), ["✓ checked", "✓ corrected"]);
    assert.equal(await sentences.first().locator(".mark").count(), 0);
    await says(sentences.nth(2), "the number was 4 <b>");
    assert.equal(await sentences.nth(2).locator(".ref:visible").count(), 5);
    await sentences.nth(2).getByRole("button").click();
    assert.equal(await sentences.nth(2).locator(".ref:visible").count(), 9);
    await says(page.locator("#ask .remark"), "The language model took too long. What it said until then was checked.");
    const left = page.locator("#ask .left-out");
    await says(left.locator("summary"), "3 sentences were left out, because the events do not say so");
    assert.ok(await left.locator("li").first().isHidden());
    await left.locator("summary").click();
    await says(left, "<img src=x onerror=window.hurt=1> [U+202E]evil");
    await page.getByRole("button", { name: "Edit" }).click();
    await page.setViewportSize({ width: 390, height: 844 });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth && document.querySelector("main").scrollWidth <= window.innerWidth), "nothing is wider than the screen");
    assert.equal(await page.locator("img, #ask script, #ask .sentences b").count(), 0);
    assert.equal(await page.evaluate(() => window.hurt), undefined);
  });
});

test("an answer that breaks off keeps what came of it, and is asked again", async () => {
  const answer = await modelled();
  const piece = ["text", { text: "3 events match. [1][12] and 4 more\nThe second [1" }];
  await onPage("/?view=ask", async (page) => {
    await page.route("**/api/ask", (route) => route.fulfill(told(piece)));
    await page.getByLabel("Ask about the events").fill("What happened?");
    await page.keyboard.press("Enter");
    await says(page.locator("#ask .notice"), "The answer broke off before its end.");
    assert.deepEqual(await page.locator("#ask [aria-live] p").allInnerTexts(), ["3 events match.", "The second"]);
    await page.unroute("**/api/ask");
    await page.route("**/api/ask", (route) => route.fulfill(told(piece, ["problem", { title: "unavailable", status: 503, detail: "the store does not answer" }])));
    await page.getByRole("button", { name: "Ask again" }).click();
    await says(page.locator("#ask .notice"), "The store does not answer.");
    await page.unroute("**/api/ask");
    await page.route("**/api/ask", (route) => route.fulfill(told(piece, ["answer", answer])));
    await page.getByRole("button", { name: "Ask again" }).click();
    await page.locator("#ask .plan").waitFor();
    assert.equal(await page.locator("#ask [aria-live] p").count(), 0, "the whole answer takes the place of its pieces");
  });
});

test("an answer is told as it comes, and can be stopped", async () => {
  await onPage("/?view=ask", async (page) => {
    await page.evaluate(() => {
      const real = window.fetch;
      window.fetch = (address, how) => {
        if (address !== "/api/ask") return real(address, how);
        const body = new ReadableStream({ start: (controller) => {
          how.signal.addEventListener("abort", () => controller.error(new DOMException("stopped", "AbortError")));
          window.tell = (text) => controller.enqueue(new TextEncoder().encode(text));
        } });
        return Promise.resolve(new Response(body));
      };
    });
    await page.getByLabel("Ask about the events").fill("What happened?");
    await page.keyboard.press("Enter");
    await says(page.locator("#ask [role=status]"), "Looking at the events");
    const heard = page.locator("#ask [aria-live] p");
    await page.evaluate(() => window.tell('event: text\ndata: {"text":"The first."}\n\nevent: te'));
    await says(heard, "The first.");
    await page.evaluate(() => window.tell('xt\ndata: {"text":"\\nThe second."}\n\n'));
    await says(heard.nth(1), "The second.");
    await page.getByRole("button", { name: "Stop" }).click();
    await says(page.locator("#ask [role=status]"), "Stopped.");
    assert.deepEqual(await heard.allInnerTexts(), ["The first.", "The second."]);
    assert.equal(await page.evaluate(() => document.activeElement.id), "question");
    assert.ok(await page.getByRole("button", { name: "Stop" }).isHidden());
  });
});

test("an event is explained with links to what belongs to it", async () => {
  let answer;
  for (const { dedupe_key } of (await api("/api/events?page_size=50&raw=false&search=update")).items) {
    ({ answer } = await change("POST", `/api/events/${encodeURIComponent(dedupe_key)}/explain`));
    if (answer.related.length > 0) break;
  }
  assert.ok(answer?.related.length > 0, "nothing belongs to any of these events");
  await onPage(`/?event=${encodeURIComponent(answer.event.dedupe_key)}`, async (page) => {
    const section = page.locator("#detail .explain");
    await section.getByRole("button", { name: "Explain" }).click();
    await section.locator(".sentences li").first().waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.className), "explanation");
    assert.equal(await section.locator(".related").count(), answer.related.length);
    for (const text of [...answer.implications, ...answer.next_steps]) await says(section.locator(".conditions"), text);
    // Others may have come meanwhile.
    const link = section.locator(".related a").first();
    const other = new URL(await link.evaluate((a) => a.href)).searchParams.get("event");
    await link.click();
    await page.waitForURL((url) => url.searchParams.get("event") === other);
    await section.getByRole("button", { name: "Explain" }).waitFor();
    await page.goBack();
    await section.locator(".sentences li").first().waitFor();
  });
});

test("an explanation shows what a model did and how to undo it, as text; a failure says so", async () => {
  const event = await foreign();
  const { claims } = await modelled();
  const explanation = { event, claims, history: { events: 9, same_operation: 0 }, implications: [HOSTILE], next_steps: ["Ask <b>them</b>"], inverse: { language: "power_shell", text: `Set-Mailbox -Identity '${HOSTILE}'` },
    related: [{ why: "same_target", events: [{ ...event, operation: HOSTILE, result: "failure" }] }], related_count: 1, llm_used: false, llm_error: "the tokens are used for today" };
  await onPage(`/?event=${encodeURIComponent(event.dedupe_key)}`, async (page) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.route("**/explain", (route) => route.fulfill({ status: 503, json: { detail: "the store does not answer" } }));
    const section = page.locator("#detail .explain");
    await section.getByRole("button", { name: "Explain" }).click();
    await says(section.locator(".notice"), "The event could not be explained. The store does not answer.");
    await page.unroute("**/explain");
    await page.route("**/explain", (route) => route.fulfill({ json: explanation }));
    await section.getByRole("button", { name: "Explain" }).click();
    await section.locator(".undo").waitFor();
    const text = plain(await section.innerText());
    for (const part of ["Unusual: the first time in 30 days", "The tokens are used for today. All else is made of what is stored.", "AOC never runs this", "PowerShell", "Ask <b>them</b>", "[U+202E]evil failed"]) assert.ok(text.includes(part), `${part} in ${text}`);
    await section.getByRole("button", { name: "Copy" }).click();
    await section.getByRole("button", { name: /Copied|Not allowed/ }).waitFor();
    assert.ok(await page.evaluate(() => document.querySelector(".detail-body").scrollWidth <= window.innerWidth), "nothing is wider than the screen");
    assert.equal(await page.locator("img, #detail .explain b").count(), 0);
    assert.equal(await page.evaluate(() => window.hurt), undefined);
  }, { expected: (text) => /status of 503/.test(text) });
});

test("where asking is switched off, nothing offers it", async () => {
  const event = await foreign();
  const off = { title: "not found", detail: "asking is switched off, by `enabled = false` in [llm]" };
  await onPage("/", async (page) => {
    await page.route("**/api/config/features", (route) => route.fulfill({ json: { ai_features_enabled: false, llm_configured: false } }));
    await page.route("**/api/ask", (route) => route.fulfill({ status: 404, json: off }));
    await page.goto(`${SERVER}/?event=${encodeURIComponent(event.dedupe_key)}`);
    await page.locator("#detail pre.json").waitFor();
    await page.getByRole("link", { name: "Ask", exact: true }).waitFor({ state: "hidden" });
    assert.ok(await page.locator("#detail .explain").isHidden());
    await page.goto(SERVER + asking("What happened?"));
    await says(page.locator("#ask .notice"), "Asking is switched off");
  }, { expected: refusals });
});
