export default function Page() {
  return <p>Agents are served below /api.</p>
}
