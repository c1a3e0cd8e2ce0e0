/**
 * The three engines behind one face. A browser is `{ tab(url, visible), close() }`, a tab
 * `{ evaluate(script), close() }`, where `script` is an expression that answers a string, or nothing.
 */
import { spawn } from 'node:child_process'
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
    return {
      async tab(url) {
        const page = await context.newPage()
        await page.goto(url)
        return { evaluate: script => page.evaluate(script), close: () => page.close() }
      },
      close: () => browser.close(),
    }
  },

  async firefox() {
    const { default: puppeteer } = await import('puppeteer-core')
    const browser = await puppeteer.launch({
      browser: 'firefox',
      executablePath: paths.firefox,
      headless: true,
    })
    return {
      async tab(url) {
        const page = await browser.newPage()
        await page.goto(url)
        return { evaluate: script => page.evaluate(script), close: () => page.close() }
      },
      close: () => browser.close(),
    }
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
    return {
      tab: (url, visible) =>
        inTurn(async () => {
          // a tab is hidden here, and its timers are slow; a window is not
          await driver.switchTo().newWindow(visible ? 'window' : 'tab')
          const handle = await driver.getWindowHandle()
          await driver.get(url)
          return {
            evaluate: script =>
              inTurn(async () => {
                await driver.switchTo().window(handle)
                return driver.executeScript(`return ${script}`)
              }),
            close: () =>
              inTurn(async () => {
                await driver.switchTo().window(handle)
                await driver.close()
                await driver.switchTo().window(first)
              }),
          }
        }),
      async close() {
        await inTurn(() => driver.quit())
        server.kill()
      },
    }
  },
}

function freePort() {
  return new Promise(resolve => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}
