import { judge, type Row } from './table.js'
import rows from './tables/authlib.json'

judge(rows as Row[])
