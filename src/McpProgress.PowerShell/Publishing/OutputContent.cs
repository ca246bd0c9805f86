using System.Management.Automation;
using ModelContextProtocol.Protocol;

namespace McpProgress.PowerShell.Publishing;

/// <summary>
/// Output objects that are content of their own: pictures, sounds and resources, as <c>Invoke-McpTool</c> hands them back
/// (<see cref="McpMedia"/>, <see cref="McpResource"/>), or custom objects with those type names and members.
/// </summary>
internal static class OutputContent
{
    /// <summary>The content block an object stands for; null when it is an ordinary object.</summary>
    public static ContentBlock? Of(object? value)
    {
        if (value is null)
        {
            return null;
        }

        var item = PSObject.AsPSObject(value);
        return item.TypeNames.Contains(typeof(McpMedia).FullName!) ? Media(item)
            : item.TypeNames.Contains(typeof(McpResource).FullName!) ? Resource(item)
            : null;
    }

    /// <summary>How many bytes a block has, about.</summary>
    public static long Size(ContentBlock block) => block switch
    {
        ImageContentBlock image => image.Data.Length,
        AudioContentBlock audio => audio.Data.Length,
        EmbeddedResourceBlock { Resource: BlobResourceContents blob } => blob.Blob.Length,
        EmbeddedResourceBlock { Resource: TextResourceContents text } => text.Text.Length,
        _ => 0,
    };

    private static ContentBlock? Media(PSObject item) => (Text(item, nameof(McpMedia.Type)), Data(item)) switch
    {
        ("image", { } data) => ImageContentBlock.FromBytes(data, Text(item, nameof(McpMedia.MimeType)) ?? "image/png"),
        ("audio", { } data) => AudioContentBlock.FromBytes(data, Text(item, nameof(McpMedia.MimeType)) ?? "audio/wav"),
        _ => null,
    };

    private static ContentBlock? Resource(PSObject item)
    {
        if (Text(item, nameof(McpResource.Uri)) is not { } uri)
        {
            return null;
        }

        var type = Text(item, nameof(McpResource.MimeType));
        if (Text(item, nameof(McpResource.Type)) == "resource_link")
        {
            return new ResourceLinkBlock { Uri = uri, Name = Text(item, nameof(McpResource.Name)) ?? uri, MimeType = type };
        }

        return new EmbeddedResourceBlock
        {
            Resource = Data(item) is { } data
                ? BlobResourceContents.FromBytes(data, uri, type)
                : new TextResourceContents { Uri = uri, MimeType = type, Text = Text(item, nameof(McpResource.Text)) ?? "" },
        };
    }

    private static string? Text(PSObject item, string name) => item.Properties[name]?.Value?.ToString();

    private static byte[]? Data(PSObject item) => item.Properties[nameof(McpMedia.Data)]?.Value is { } value && LanguagePrimitives.TryConvertTo(value, out byte[] data) ? data : null;
}
