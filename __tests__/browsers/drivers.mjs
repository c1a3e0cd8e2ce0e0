/**
 * One interface for three engines. A browser is `{ tab(url, visible), opened(), close() }`; `opened` returns
 * the windows that pages opened by themselves. A tab is `{ evaluate(script), goto(url), click(selector),
 * picture(path), problems(), close() }`. `script` is an expression whose value is a string or nothing;
 * `click` moves the mouse; `problems` returns the uncaught errors of the pages (in WebKit those of the last
 * page that `tab` or `goto` opened).
 */
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'

const paths = {
  chromium: '/usr/bin/chromium',
  firefox: '/usr/bin/firefox-esr',
  webkit: '/usr/bin/WebKitWebDriver',
}

/** Starts a browser with an empty profile. */
export const launch = name => launchers[name]()

const launchers = {
  async chromium() {
    const { chromium } = await import('playwright-core')
    const browser = await chromium.launch({
      executablePath: paths.chromium,
      headless: true,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    })
    const context = await browser.newContext()
    return pagesOf(
      () => context.newPage(),
      () => context.pages(),
      () => browser.close(),
    )
  },

  async firefox() {
    const { default: puppeteer } = await import('puppeteer-core')
    const browser = await puppeteer.launch({
      browser: 'firefox',
      executablePath: paths.firefox,
      headless: true,
    })
    const [blank] = await browser.pages()
    return pagesOf(
      () => browser.newPage(),
      async () => (await browser.pages()).filter(page => page !== blank),
      () => browser.close(),
    )
  },

  async webkit() {
    const { default: selenium } = await import('selenium-webdriver')
    const port = await freePort()
    const server = spawn(paths.webkit, [`--port=${port}`, '--host=127.0.0.1'], { stdio: 'ignore' })
    const capabilities = new selenium.Capabilities({
      browserName: 'MiniBrowser',
      'webkitgtk:browserOptions': {
        binary: '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser',
        args: ['--automation'],
      },
    })
    await new Promise(resolve => setTimeout(resolve, 1000))
    const driver = await new selenium.Builder()
      .usingServer(`http://127.0.0.1:${port}`)
      .withCapabilities(capabilities)
      .build()
    const first = await driver.getWindowHandle()
    // the driver looks at one window at a time: whatever is done to a tab takes its turn
    let last = Promise.resolve()
    const inTurn = act => {
      last = last.then(act, act)
      return last
    }
    const known = new Set([first])
    const open = async url => {
      await driver.get(url)
      await driver.executeScript(`
        const problems = (window.problems = [])
        addEventListener('error', event => problems.push(event.message))
        addEventListener('unhandledrejection', event => problems.push(String(event.reason)))`)
    }
    const tabOf = handle => {
      known.add(handle)
      const here = act =>
        inTurn(async () => {
          await driver.switchTo().window(handle)
          return act()
        })
      return {
        evaluate: script => here(() => driver.executeScript(`return ${script}`)),
        goto: url => here(() => open(url)),
        problems: () => here(() => driver.executeScript('return window.problems ?? []')),
        click: selector => here(() => driver.findElement(selenium.By.css(selector)).click()),
        picture: path =>
          here(async () => writeFile(path, Buffer.from(await driver.takeScreenshot(), 'base64'))),
        close: () =>
          here(async () => {
            await driver.close()
            await driver.switchTo().window(first)
          }),
      }
    }
    return {
      tab: (url, visible) =>
        inTurn(async () => {
          // a tab is hidden here, and its timers are slow; a window is not
          await driver.switchTo().newWindow(visible ? 'window' : 'tab')
          const handle = await driver.getWindowHandle()
          await open(url)
          return tabOf(handle)
        }),
      opened: () =>
        inTurn(async () => {
          const handles = await driver.getAllWindowHandles()
          return handles.filter(handle => !known.has(handle)).map(tabOf)
        }),
      async close() {
        await inTurn(() => driver.quit())
        server.kill()
      },
    }
  },
}

/** A browser of Playwright or Puppeteer, whose pages have the same methods. */
function pagesOf(newPage, allPages, close) {
  const known = new Set()
  const tabOf = page => {
    known.add(page)
    const problems = []
    page.on('pageerror', error => problems.push(error.message))
    return {
      problems: async () => problems,
      evaluate: script => page.evaluate(script),
      goto: url => page.goto(url),
      click: selector => page.click(selector),
      picture: path => page.screenshot({ path }),
      close: () => page.close(),
    }
  }
  return {
    async tab(url) {
      const page = await newPage()
      const tab = tabOf(page)
      await page.goto(url)
      return tab
    },
    opened: async () => (await allPages()).filter(page => !known.has(page)).map(tabOf),
    close,
  }
}

/** A port of this machine that is free just now. */
export function freePort() {
  return new Promise(resolve => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}
