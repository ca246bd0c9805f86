using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using McpProgress.Core.Configuration;

namespace McpProgress.Core.Authorization;

/// <summary>
/// Small files that hold secrets, readable by the user who wrote them. On Windows each is encrypted with the user's own key
/// (DPAPI). Elsewhere the key is a file in the same folder that only the user may read (mode 0600): that keeps a secret
/// out of a copied file, a search index or a backup of single files, and not from a program that runs as the user.
/// Files are replaced in one step, so any number of processes may use the folder at once.
/// </summary>
/// <param name="folder">The folder; made when the first secret is written.</param>
internal sealed class SecretFolder(string folder)
{
    private const string KeyName = "key";
    private const int KeyLength = 32;
    private const byte Format = 1;

    private static readonly TimeSpan KeyLimit = TimeSpan.FromSeconds(10);

    /// <summary>The user's own.</summary>
    public static SecretFolder Default { get; } = new(UserState.Folder("tokens"));

    /// <summary>Reads a secret; null when there is none, or none that can be read: the key has changed, or another user wrote it.</summary>
    public byte[]? Read(string name)
    {
        try
        {
            byte[] content = ReadAll(PathOf(name));
            return OperatingSystem.IsWindows()
                ? ProtectedData.Unprotect(content, Encoding.UTF8.GetBytes(name), DataProtectionScope.CurrentUser)
                : Decrypt(content, ReadAll(PathOf(KeyName)), name);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            // What cannot be read is obtained anew by whoever needs it.
            return null;
        }
    }

    /// <summary>Writes or replaces a secret.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public void Write(string name, byte[] secret)
    {
        UserState.Create(folder);
        byte[] content = OperatingSystem.IsWindows()
            ? ProtectedData.Protect(secret, Encoding.UTF8.GetBytes(name), DataProtectionScope.CurrentUser)
            : Encrypt(secret, GetKey(), name);
        string temporary = WriteTemporary(name, content);
        File.Move(temporary, PathOf(name), overwrite: true);
    }

    /// <summary>Holds a secret for one process at a time, until disposed. Reading and writing do not need it.</summary>
    /// <returns>Null when it is still held elsewhere after the limit, or cannot be held here at all.</returns>
    [SuppressMessage("Reliability", "CA2000", Justification = "Returned to the caller.")]
    public async Task<IDisposable?> HoldAsync(string name, TimeSpan limit, CancellationToken cancellationToken)
    {
        string path = PathOf(name + ".lock");
        long started = Environment.TickCount64;
        while (true)
        {
            try
            {
                UserState.Create(folder);
                return new FileStream(path, Private(FileMode.OpenOrCreate));
            }
            catch (IOException) when (File.Exists(path) && Environment.TickCount64 - started < limit.TotalMilliseconds)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }
    }

    private string PathOf(string name) => Path.Combine(folder, name);

    private byte[] GetKey()
    {
        if (FindKey() is { } key)
        {
            return key;
        }

        // One at a time: a key that replaces another makes everything unreadable that was encrypted with it. No way to move a
        // file is safe for that; the one that does not overwrite looks first and moves then.
        using IDisposable? held = HoldAsync(KeyName, KeyLimit, CancellationToken.None).GetAwaiter().GetResult();
        if (held is null)
        {
            throw new IOException($"The key in '{folder}' is being made by another process that does not end. End it, or delete the file '{KeyName}.lock' there.");
        }

        if (FindKey() is not { } first)
        {
            first = RandomNumberGenerator.GetBytes(KeyLength);
            File.Move(WriteTemporary(KeyName, first), PathOf(KeyName), overwrite: true);
        }

        return first;
    }

    private byte[]? FindKey() => File.Exists(PathOf(KeyName)) && ReadAll(PathOf(KeyName)) is { Length: KeyLength } key ? key : null;

    private string WriteTemporary(string name, byte[] content)
    {
        string path = PathOf($"{name}.{Guid.NewGuid():N}.tmp");
        using var file = new FileStream(path, Private(FileMode.CreateNew));
        file.Write(content);
        return path;
    }

    private static FileStreamOptions Private(FileMode mode) => PrivateFile.Options(mode, FileAccess.ReadWrite, FileShare.None);

    private static byte[] ReadAll(string path)
    {
        // Sharing all there is to share: on Windows the file could not be replaced meanwhile otherwise.
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var content = new byte[file.Length];
        file.ReadExactly(content);
        return content;
    }

    // One byte of format, the nonce, the tag, the secret. The name is authenticated with it: files cannot change places.
    private static byte[] Encrypt(byte[] secret, byte[] key, string name)
    {
        int head = 1 + AesGcm.NonceByteSizes.MaxSize;
        int body = head + AesGcm.TagByteSizes.MaxSize;
        var content = new byte[body + secret.Length];
        content[0] = Format;
        RandomNumberGenerator.Fill(content.AsSpan(1, head - 1));
        using var aes = new AesGcm(key, AesGcm.TagByteSizes.MaxSize);
        aes.Encrypt(content.AsSpan(1, head - 1), secret, content.AsSpan(body), content.AsSpan(head, body - head), Encoding.UTF8.GetBytes(name));
        return content;
    }

    private static byte[] Decrypt(byte[] content, byte[] key, string name)
    {
        int head = 1 + AesGcm.NonceByteSizes.MaxSize;
        int body = head + AesGcm.TagByteSizes.MaxSize;
        if (content.Length < body || content[0] != Format || key.Length != KeyLength)
        {
            throw new CryptographicException("This is no file of ours.");
        }

        var secret = new byte[content.Length - body];
        using var aes = new AesGcm(key, AesGcm.TagByteSizes.MaxSize);
        aes.Decrypt(content.AsSpan(1, head - 1), content.AsSpan(body), content.AsSpan(head, body - head), secret, Encoding.UTF8.GetBytes(name));
        return secret;
    }
}
