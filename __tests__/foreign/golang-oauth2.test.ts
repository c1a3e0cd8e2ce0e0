import { judge, type Row } from './table.js'
import rows from './tables/golang-oauth2.json'

judge(rows as Row[])
