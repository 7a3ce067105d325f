using Microsoft.Extensions.Logging;

namespace CoopGrid.Grains.Ledger;

public sealed partial class LedgerWriter
{
    [LoggerMessage(1, LogLevel.Information, "Ledger producer {Producer} is open")]
    private partial void LogOpened(long producer);

    [LoggerMessage(2, LogLevel.Error, "Ledger segment {Position} of producer {Producer} failed, attempt {Attempt}; nothing is decided until it is committed")]
    private partial void LogFailed(Exception failure, long producer, long position, int attempt);

    [LoggerMessage(3, LogLevel.Error, "Ledger segment {Position} of producer {Producer} hangs; nothing is decided until it is committed")]
    private partial void LogHangs(long producer, long position);

    [LoggerMessage(4, LogLevel.Information, "Ledger segment {Position} of producer {Producer} is committed; deciding again")]
    private partial void LogRecovered(long producer, long position);

    [LoggerMessage(5, LogLevel.Critical, "Ledger producer {Producer} is sealed at segment {Position} by another process; this process must exit")]
    private partial void LogSealed(long producer, long position);

    [LoggerMessage(6, LogLevel.Error, "An observer failed on ledger segment {Position} of producer {Producer}")]
    private partial void LogObserverFailed(Exception failure, long producer, long position);

    [LoggerMessage(7, LogLevel.Critical, "The ledger's thread of producer {Producer} ended by a fault")]
    private partial void LogEnded(Exception failure, long producer);
}
