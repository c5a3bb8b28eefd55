import { html } from 'htm/preact'
import { Component, render } from 'preact'
import { App } from './app.ts'
import { guardTexts } from './guard-texts.ts'
import { listenToKeys } from './keys.ts'
import { store } from './store.ts'

// The signals skip a component whose properties are the same objects. Rows change while they stay the same objects.
Reflect.deleteProperty(Component.prototype, 'shouldComponentUpdate')

guardTexts()
const app = document.querySelector('#app')
if (app !== null) render(html`<${App} />`, app)
listenToKeys()
addEventListener('hashchange', () => store.openFromHash())
void store.load()
