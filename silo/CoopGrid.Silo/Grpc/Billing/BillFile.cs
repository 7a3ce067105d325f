using System.Collections.Immutable;
using System.Text;
using CoopGrid.Domain.Billing.Exports;
using CoopGrid.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Bill = CoopGrid.Domain.Billing.Bill;

namespace CoopGrid.Silo.Grpc;

/// <summary>Bills as one file, sent in parts: a JSON array, or CSV with FOCUS's columns first.</summary>
internal sealed class BillFile(ExportFormat format, IServerStreamWriter<ExportPart> parts, CancellationToken cancellation)
{
    private const int PartLength = 64 * 1024;

    private readonly StringBuilder _text = new();
    private bool _hasBills;

    public void Begin() => _text.Append(format == ExportFormat.Json ? "[" : Csv.Record(FocusRows.Columns));

    public async Task AddAsync(Bill bill, BillHeading heading)
    {
        if (format == ExportFormat.Json)
        {
            _text.Append(_hasBills ? ",\n" : "\n").Append(BillJson.Write(bill, heading));
        }
        else
        {
            foreach (ImmutableArray<string> row in FocusRows.Of(bill, heading)) _text.Append(Csv.Record(row));
        }

        _hasBills = true;
        if (_text.Length >= PartLength) await SendAsync();
    }

    public async Task EndAsync()
    {
        if (format == ExportFormat.Json) _text.Append("\n]\n");
        await SendAsync();
    }

    private async Task SendAsync()
    {
        await parts.WriteAsync(new() { Data = ByteString.CopyFromUtf8(_text.ToString()) }, cancellation);
        _text.Clear();
    }
}
