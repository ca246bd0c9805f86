using McpProgress.Server.Tools;
using ModelContextProtocol.Protocol;

namespace McpProgress.Server.Protocol;

/// <summary>
/// The stream a request is answered on, found on its <see cref="JsonRpcMessageContext.RelatedTransport"/>: over stdio the
/// only one there is, over HTTP the response to its POST.
/// </summary>
internal interface IRequestStream : ITransport
{
    /// <summary>The session the request belongs to.</summary>
    ClientSession Session { get; }

    /// <summary>Writes one progress notification by a shorter way than the SDK's message tree; never throws, drops it when the reader is gone.</summary>
    ValueTask SendProgressAsync(ProgressToken token, ProgressUpdate update);
}
