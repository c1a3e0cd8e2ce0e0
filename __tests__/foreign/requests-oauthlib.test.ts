import { judge, type Row } from './table.js'
import rows from './tables/requests-oauthlib.json'

judge(rows as Row[])
