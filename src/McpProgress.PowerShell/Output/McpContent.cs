namespace McpProgress;

/// <summary>A picture or a sound that a tool returned.</summary>
/// <param name="Type"><c>image</c> or <c>audio</c>.</param>
/// <param name="MimeType">Such as image/png.</param>
/// <param name="Data">The bytes.</param>
public sealed record McpMedia(string Type, string? MimeType, byte[] Data);

/// <summary>A resource that a tool returned, or a link to one.</summary>
/// <param name="Type"><c>resource</c>, or <c>resource_link</c> when only its address was given.</param>
/// <param name="Uri">Its address.</param>
/// <param name="MimeType">Its kind, when the server says so.</param>
/// <param name="Name">Its name, when the server says so.</param>
/// <param name="Text">Its text, when it is text and was included.</param>
/// <param name="Data">Its bytes, when it is binary and was included.</param>
public sealed record McpResource(string Type, string? Uri, string? MimeType, string? Name, string? Text, byte[]? Data);
