using System.Data.Common;
using CoopGrid.Grains.Ledger;
using CoopGrid.Silo.Hosting;
using CoopGrid.Silo.Ledger;
using CoopGrid.Silo.Ledger.Postgres;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

try
{
    await using WebApplication host = GridHost.Build(args);
    await host.RunAsync();
    return Environment.ExitCode;
}
catch (Exception failure) when (failure is StorageStartException or CharterException or DemonstrationException or OptionsValidationException
    or LedgerCorruptException or IOException)
{
    // What an operator can mend is said in a sentence, not in a stack trace.
    await Console.Error.WriteLineAsync($"CoopGrid cannot start. {failure.Message}");
    return 2;
}
catch (DbException failure)
{
    await Console.Error.WriteLineAsync($"CoopGrid cannot start. {PostgresTrouble.Explain(failure)}");
    return 2;
}
catch (AddressInUseException failure)
{
    await Console.Error.WriteLineAsync($"CoopGrid cannot start. CoopGrid:Silo:Port or CoopGrid:Silo:GatewayPort cannot be listened on: {failure.Message}");
    return 2;
}
