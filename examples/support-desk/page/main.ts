import { readMe } from './api.ts'
import { customerPage } from './customer.ts'
import { el } from './dom.ts'
import { ProblemBox, problemOf } from './problems.ts'
import { staffPage } from './staff.ts'
import { startPage } from './start.ts'

/** Shows the page that belongs to whoever is logged in. */
async function show(app: HTMLElement): Promise<void> {
  try {
    const { me, people } = await readMe()
    if (me === undefined) app.replaceChildren(startPage(people, () => void show(app)))
    else app.replaceChildren(me.role === 'supervisor' ? staffPage(me, people) : customerPage(me))
  } catch (error) {
    const problems = new ProblemBox()
    problems.show(problemOf(error), () => location.reload())
    app.replaceChildren(el('main', { class: 'start' }, problems.element))
  }
}

const app = document.getElementById('app')
if (app !== null) void show(app)
