extern alias fixture;

using System.IO.Pipelines;
using fixture::McpProgress.FaultyServer.Chaos;
using fixture::McpProgress.FaultyServer.Protocol;
using McpProgress.Core.Connections;

namespace McpProgress.Core.Tests.Faults;

/// <summary>The server of random faults at the other end of two streams, without a process.</summary>
internal sealed class ChaosPeer : IAsyncDisposable
{
    private readonly Pipe _toClient = new(new PipeOptions(pauseWriterThreshold: 0));

    // Small, so that a client with much to send has to wait for a slow reader.
    private readonly Pipe _toServer = new(new PipeOptions(pauseWriterThreshold: 4096, resumeWriterThreshold: 2048));
    private readonly PipeChannel _channel;
    private readonly Task _serving;

    public ChaosPeer(int seed, bool modern)
    {
        Server = new ChaosServer(modern ? Era.Modern : Era.Initialize, seed, (channel, rest) => Die((PipeChannel)channel, rest));
        _channel = new PipeChannel(_toClient.Writer);
        Endpoint = new StreamEndpoint(_toClient.Reader.AsStream(), _toServer.Writer.AsStream());
        Stream input = _toServer.Reader.AsStream();
        _serving = ServeAsync(new GreetingPlan(seed).ReadsSlowly ? Pieces.Slow(input) : input);
    }

    public ChaosServer Server { get; }

    public ServerEndpoint Endpoint { get; }

    public async ValueTask DisposeAsync()
    {
        Die(_channel, []);
        await _serving;
    }

    private void Die(PipeChannel channel, byte[] rest)
    {
        channel.End(rest);
        _toServer.Reader.CancelPendingRead();
        _toServer.Reader.Complete();
    }

    private async Task ServeAsync(Stream input)
    {
        try
        {
            using var lines = new StreamReader(input);
            while (await lines.ReadLineAsync() is { } line)
            {
                Server.Handle(Message.Parse(System.Text.Encoding.UTF8.GetBytes(line)), _channel);
            }
        }
        catch (Exception exception) when (exception is InvalidOperationException or OperationCanceledException or IOException)
        {
            // It has died.
        }
    }

    private sealed class PipeChannel(PipeWriter writer) : IChannel
    {
        private readonly Stream _stream = writer.AsStream();
        private bool _ended;

        public void End(ReadOnlySpan<byte> rest)
        {
            lock (_stream)
            {
                if (!_ended)
                {
                    SendRaw(rest);
                    writer.Complete();
                    _ended = true;
                }
            }
        }

        public void Send(ReadOnlySpan<byte> message) => SendRaw([.. message, (byte)'\n']);

        public void SendSlowly(ReadOnlySpan<byte> message)
        {
            lock (_stream)
            {
                Pieces.Write(_stream, [.. message, (byte)'\n']);
            }
        }

        public void SendRaw(ReadOnlySpan<byte> bytes)
        {
            lock (_stream)
            {
                _stream.Write(bytes);
                _stream.Flush();
            }
        }
    }
}
