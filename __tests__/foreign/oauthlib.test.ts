import { judge, type Row } from './table.js'
import rows from './tables/oauthlib.json'

judge(rows as Row[])
