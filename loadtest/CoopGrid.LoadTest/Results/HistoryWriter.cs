using System.Buffers;
using System.Text.Json;
using System.Threading.Channels;
using CoopGrid.Client;
using CoopGrid.LoadTest.Schedule;
using CoopGrid.LoadTest.Sending;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Results;

/// <summary>One question and its answer. Times are in µs after the run's start.</summary>
internal readonly record struct HistoryLine(LoadRun Run, int Place, long DueMicros, long SentMicros, long AnsweredMicros, AdmissionAnswer Answer);

/// <summary>
/// Writes every question and its answer as one JSON object per line, with times in µs since the Unix epoch, for a later judge. The field
/// names are those of the protocol; <c>dueUs</c> is when it was meant to be sent.
/// </summary>
internal sealed class HistoryWriter : IAsyncDisposable
{
    private const int FlushBytes = 1 << 16;

    private readonly Channel<HistoryLine> _lines = Channel.CreateUnbounded<HistoryLine>();
    private readonly FileStream _file;
    private readonly Task _writing;
    private long _startedUnixMicros;

    public HistoryWriter(string path)
    {
        string full = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        _file = new FileStream(full, FileMode.Create, FileAccess.Write, FileShare.Read, 0);
        _writing = Task.Run(WriteAsync);
    }

    public void Begin(TimeProvider clock) =>
        _startedUnixMicros = (clock.GetUtcNow().UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;

    public void Add(in HistoryLine line) => _lines.Writer.TryWrite(line);

    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        await _writing;
        await _file.DisposeAsync();
    }

    private async Task WriteAsync()
    {
        var buffer = new ArrayBufferWriter<byte>(FlushBytes * 2);
        await using var json = new Utf8JsonWriter(buffer);
        while (await _lines.Reader.WaitToReadAsync())
        {
            while (buffer.WrittenCount < FlushBytes && _lines.Reader.TryRead(out HistoryLine line))
            {
                Write(json, line);
                json.Flush();
                buffer.Write("\n"u8);
                json.Reset();
            }

            await _file.WriteAsync(buffer.WrittenMemory);
            buffer.ResetWrittenCount();
        }
    }

    private void Write(Utf8JsonWriter json, in HistoryLine line)
    {
        AdmitRequest question = line.Run.Question(line.Place);
        PlannedSend send = line.Run.Workload.Sends[line.Place];
        AdmitReply reply = line.Answer.Reply;
        json.WriteStartObject();
        json.WriteString("key", question.Key);
        json.WriteString("member", question.Member);
        json.WriteString("group", line.Run.Workload.Groups[send.Group]);
        json.WriteString("lane", question.Lane);
        json.WriteNumber("units", question.Units);
        json.WriteNumber("dueUs", _startedUnixMicros + line.DueMicros);
        json.WriteNumber("sentUs", _startedUnixMicros + line.SentMicros);
        json.WriteNumber("answeredUs", _startedUnixMicros + line.AnsweredMicros);
        json.WriteNumber("attempts", line.Answer.Attempts);
        json.WriteString("outcome", reply.Outcome.ToString());
        json.WriteBoolean("replayed", reply.Replayed);
        json.WriteNumber("multiplierPermille", reply.MultiplierPermille);
        json.WriteNumber("exempt", reply.Covered?.Exempt ?? 0);
        json.WriteNumber("baseline", reply.Covered?.Baseline ?? 0);
        json.WriteNumber("surged", reply.Covered?.Surged ?? 0);
        json.WriteNumber("retryAfterMs", reply.RetryAfterMs);
        json.WriteNumber("windowUsageUnits", reply.WindowUsageUnits);
        json.WriteNumber("policyVersion", reply.PolicyVersion);
        json.WriteEndObject();
    }
}
