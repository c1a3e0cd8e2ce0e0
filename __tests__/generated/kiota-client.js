/**
 * A client for openapi.json in the shape that Kiota writes, without types. Kiota is a .NET program that no
 * npm package contains, so this copy replaces generated code; it imports Kiota's own runtime.
 */
import {
  apiClientProxifier,
  ParseNodeFactoryRegistry,
  SerializationWriterFactoryRegistry,
} from '@microsoft/kiota-abstractions'
import { JsonParseNodeFactory, JsonSerializationWriterFactory } from '@microsoft/kiota-serialization-json'

const readPerson = (person = {}) => ({
  name: node => {
    person.name = node.getStringValue()
  },
})
const readOrder = (order = {}) => ({
  item: node => {
    order.item = node.getStringValue()
  },
})
const readStatus = (status = {}) => ({
  ok: node => {
    status.ok = node.getBooleanValue()
  },
})
const createPersonFromDiscriminatorValue = () => readPerson
const createOrderFromDiscriminatorValue = () => readOrder
const createStatusFromDiscriminatorValue = () => readStatus
const serializeOrder = (writer, order = {}) => {
  if (order) writer.writeStringValue('item', order.item)
}

const MeRequestBuilderRequestsMetadata = {
  get: {
    uriTemplate: '{+baseurl}/me',
    responseBodyContentType: 'application/json',
    adapterMethodName: 'send',
    responseBodyFactory: createPersonFromDiscriminatorValue,
  },
}
const OrdersRequestBuilderRequestsMetadata = {
  post: {
    uriTemplate: '{+baseurl}/orders',
    responseBodyContentType: 'application/json',
    adapterMethodName: 'send',
    responseBodyFactory: createOrderFromDiscriminatorValue,
    requestBodyContentType: 'application/json',
    requestBodySerializer: serializeOrder,
    requestInformationContentSetMethod: 'setContentFromParsable',
  },
}
const StatusRequestBuilderRequestsMetadata = {
  get: {
    uriTemplate: '{+baseurl}/status',
    responseBodyContentType: 'application/json',
    adapterMethodName: 'send',
    responseBodyFactory: createStatusFromDiscriminatorValue,
  },
}
const OrdersClientNavigationMetadata = {
  me: { requestsMetadata: MeRequestBuilderRequestsMetadata },
  orders: { requestsMetadata: OrdersRequestBuilderRequestsMetadata },
  status: { requestsMetadata: StatusRequestBuilderRequestsMetadata },
}

export function createOrdersClient(requestAdapter) {
  const writers = requestAdapter.getSerializationWriterFactory()
  const parsers = requestAdapter.getParseNodeFactory()
  if (writers instanceof SerializationWriterFactoryRegistry)
    writers.registerDefaultSerializer(JsonSerializationWriterFactory)
  if (parsers instanceof ParseNodeFactoryRegistry)
    parsers.registerDefaultDeserializer(JsonParseNodeFactory, requestAdapter.getBackingStoreFactory())
  const pathParameters = { baseurl: requestAdapter.baseUrl }
  return apiClientProxifier(requestAdapter, pathParameters, OrdersClientNavigationMetadata)
}
