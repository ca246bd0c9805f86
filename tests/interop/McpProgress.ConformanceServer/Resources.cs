using System.Text;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpProgress.ConformanceServer;

/// <summary>The resources the suite reads, served by the SDK beside our tools.</summary>
internal static class Resources
{
    private const string Template = "test://template/{id}/data";
    private static readonly TimeSpan s_fresh = TimeSpan.FromMinutes(5);

    private static readonly Dictionary<string, Func<ResourceContents>> s_contents = new(StringComparer.Ordinal)
    {
        ["test://static-text"] = () => Text("test://static-text", "text/plain", "This is the content of the static text resource."),
        ["test://static-binary"] = () => new BlobResourceContents { Uri = "test://static-binary", MimeType = "image/png", Blob = Encoding.UTF8.GetBytes(Media.Image) },
        ["test://watched-resource"] = () => Text("test://watched-resource", "text/plain", "Watched resource content"),
    };

    public static void AddTo(McpServerOptions server)
    {
        // The revisions with sessions have subscriptions; since 2026-07-28 they are asked for by subscriptions/listen.
        server.Capabilities!.Resources = new ResourcesCapability { Subscribe = true };
        server.Handlers.ListResourcesHandler = (_, _) => ValueTask.FromResult(new ListResourcesResult
        {
            Resources = [.. s_contents.Keys.Select(uri => new Resource { Uri = uri, Name = uri["test://".Length..], MimeType = s_contents[uri]().MimeType })],
            TimeToLive = s_fresh,
            CacheScope = CacheScope.Public,
        });
        server.Handlers.ListResourceTemplatesHandler = (_, _) => ValueTask.FromResult(new ListResourceTemplatesResult
        {
            ResourceTemplates = [new ResourceTemplate { UriTemplate = Template, Name = "template", MimeType = "application/json" }],
            TimeToLive = s_fresh,
            CacheScope = CacheScope.Public,
        });
        server.Handlers.ReadResourceHandler = (request, _) => ValueTask.FromResult(new ReadResourceResult
        {
            Contents = [Read(request.Params!.Uri, request)],
            TimeToLive = s_fresh,
            CacheScope = CacheScope.Public,
        });
        server.Handlers.SubscribeToResourcesHandler = (_, _) => ValueTask.FromResult(new EmptyResult());
        server.Handlers.UnsubscribeFromResourcesHandler = (_, _) => ValueTask.FromResult(new EmptyResult());
    }

    private static ResourceContents Read(string uri, RequestContext<ReadResourceRequestParams> request)
    {
        if (s_contents.TryGetValue(uri, out var contents))
        {
            return contents();
        }

        var parts = uri.Split("test://template/", 2);
        if (parts.Length == 2 && parts[1].EndsWith("/data", StringComparison.Ordinal))
        {
            var id = parts[1][..^"/data".Length];
            return Text(uri, "application/json", $$"""{"id":"{{id}}","templateTest":true,"data":"Data for ID: {{id}}"}""");
        }

        // Its own code up to 2025-11-25, invalid parameters since (SEP-2164).
        var isModern = string.CompareOrdinal(request.JsonRpcRequest.Context?.ProtocolVersion, "2026-07-28") >= 0;
        throw new McpProtocolException($"There is no resource '{uri}'.", isModern ? McpErrorCode.InvalidParams : McpErrorCode.ResourceNotFound) { Data = { ["uri"] = uri } };
    }

    private static TextResourceContents Text(string uri, string type, string text) => new() { Uri = uri, MimeType = type, Text = text };
}
