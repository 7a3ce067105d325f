using System.Data.Common;
using CoopGrid.Grains.Ledger;
using CoopGrid.Silo.Ledger;
using CoopGrid.Silo.Ledger.Postgres;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Npgsql;

namespace CoopGrid.Silo.Hosting;

/// <summary>What an operator can mend is said in a sentence, not in a stack trace.</summary>
internal static class StartFailure
{
    /// <summary>What a failure means to an operator, and what to do about it; null if it is a fault of the silo's own.</summary>
    public static string? Explain(Exception failure) => failure switch
    {
        StorageStartException or CharterException or DemonstrationException or OptionsValidationException or LedgerCorruptException => failure.Message,
        AddressInUseException => $"CoopGrid:Silo:Port or CoopGrid:Silo:GatewayPort cannot be listened on: {failure.Message}",
        IOException => failure.Message,
        NpgsqlException => $"PostgreSQL: {PostgresTrouble.Explain(failure)}",
        DbException => $"The database cannot be used: {failure.Message}",
        OrleansException => ExplainGrid(failure),
        _ => null,
    };

    // What a call of a grain failed with is often the database, or what the grain has found in it.
    private static string ExplainGrid(Exception failure)
    {
        for (Exception? cause = failure.InnerException; cause is not null; cause = cause.InnerException)
        {
            if (cause is not OrleansException && Explain(cause) is { } known) return known;
        }

        return $"The grid does not answer: {failure.Message.Split('\n')[0].Trim()}";
    }
}
