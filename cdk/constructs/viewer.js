// Tells the API who is asking: only CloudFront knows. Whatever a viewer sends under this name is written over.
function handler(event) {
  event.request.headers['x-flowlens-viewer'] = { value: event.viewer.ip };
  return event.request;
}
