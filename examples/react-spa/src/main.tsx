import { RequireSession, useSession } from 'axios-oauth-interceptor/react'
import { StrictMode, useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { billing, login, logout, orders, ready, session } from './session.js'

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
    <p>
      <button type="button" id={name} onClick={load}>
        {name}
      </button>{' '}
      <output id={`${name}-answer`}>{text}</output>
    </p>
  )
}

function Person() {
  const { user } = useSession(session)
  return (
    <p>
      <b id="person">{String(user?.name ?? user?.sub)}</b>{' '}
      <button type="button" id="logout" onClick={logout}>
        Sign out
      </button>
    </p>
  )
}

const SignIn = ({ why }: { why: string }) => (
  <p>
    <span id="why">{why}</span>{' '}
    <button type="button" id="login" onClick={login}>
      Sign in
    </button>
  </p>
)

const fallback = {
  unknown: <p>One moment …</p>,
  'signed-out': <SignIn why="You are signed out." />,
  ended: <SignIn why="Your session is over." />,
}

function render(problem?: string) {
  createRoot(document.getElementById('root') as HTMLElement).render(
    <StrictMode>
      <h1>Two APIs</h1>
      {problem && <p id="problem">{problem}</p>}
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
