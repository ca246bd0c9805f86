using McpProgress.Server.Tools;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Protocol;

/// <summary>
/// A transport that writes progress by a shorter way than the SDK's message tree. Found on a request's
/// <see cref="JsonRpcMessageContext.RelatedTransport"/>, so progress always takes the request's own stream.
/// </summary>
internal interface IProgressSender : ITransport
{
    /// <summary>Writes one progress notification; never throws, drops it when the reader is gone.</summary>
    ValueTask SendProgressAsync(ProgressToken token, ProgressUpdate update);
}
