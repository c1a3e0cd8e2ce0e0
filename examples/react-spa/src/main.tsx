import { RequireSession, useSession } from 'axios-oauth-interceptor/react'
import { StrictMode, useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { billing, login, loginInWindow, logout, orders, ready, session } from './session.js'

/** What an API answers, read when the page is shown and whenever the button is clicked. */
function Answer({ name, api }: { name: string; api: typeof orders }) {
  const [text, setText] = useState('…')
  const load = () => {
    api.get('/mine').then(
      ({ data }) => setText(JSON.stringify(data)),
      (error: Error) => setText(error.message),
    )
  }
  useEffect(load, [api])
  return (
    <div className="row">
      <div>
        <b>{name}</b>
        <output id={`${name}-answer`}>{text}</output>
      </div>
      <button type="button" id={name} onClick={load}>
        Load again
      </button>
    </div>
  )
}

function Person() {
  const { user } = useSession(session)
  return (
    <div className="row">
      <span>
        Signed in as <b id="person">{String(user?.name ?? user?.sub)}</b>
      </span>
      <button type="button" id="logout" onClick={logout}>
        Sign out
      </button>
    </div>
  )
}

function SignIn({ why }: { why: string }) {
  const [problem, setProblem] = useState('')
  const begin = (how: () => Promise<unknown>) => () => {
    setProblem('')
    how().catch((error: Error) => setProblem(error.message))
  }
  return (
    <>
      <p id="why">{why}</p>
      {problem && <p role="alert">{problem}</p>}
      <button type="button" id="login" className="main" onClick={begin(login)}>
        Sign in
      </button>{' '}
      <button type="button" id="login-in-window" onClick={begin(loginInWindow)}>
        Sign in with a window
      </button>
    </>
  )
}

const fallback = {
  unknown: <p>One moment …</p>,
  'signed-out': <SignIn why="You are signed out." />,
  ended: <SignIn why="Your session is over." />,
}

function render(problem?: string) {
  createRoot(document.getElementById('root') as HTMLElement).render(
    <StrictMode>
      <h1>Two APIs</h1>
      {problem && (
        <p id="problem" role="alert">
          {problem}
        </p>
      )}
      <RequireSession session={session} fallback={fallback}>
        <Person />
        <Answer name="orders" api={orders} />
        <Answer name="billing" api={billing} />
      </RequireSession>
    </StrictMode>,
  )
}
ready.then(
  () => render(),
  (error: Error) => render(error.message),
)
