using System.Data.Common;
using CoopGrid.Grains.Ledger;
using CoopGrid.Silo.Hosting;
using CoopGrid.Silo.Ledger;
using CoopGrid.Silo.Ledger.Postgres;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

string whatFails = LedgerCommand.IsAsked(args) ? "The ledger cannot be exported." : "CoopGrid cannot start.";
try
{
    if (LedgerCommand.IsAsked(args)) return await LedgerCommand.RunAsync(args);
    await using WebApplication host = GridHost.Build(args);
    await host.RunAsync();
    return Environment.ExitCode;
}
catch (Exception failure) when (failure is StorageStartException or CharterException or DemonstrationException or OptionsValidationException
    or LedgerCorruptException or IOException)
{
    // What an operator can mend is said in a sentence, not in a stack trace.
    await Console.Error.WriteLineAsync($"{whatFails} {failure.Message}");
    return 2;
}
catch (DbException failure)
{
    await Console.Error.WriteLineAsync($"{whatFails} {PostgresTrouble.Explain(failure)}");
    return 2;
}
catch (AddressInUseException failure)
{
    await Console.Error.WriteLineAsync($"{whatFails} CoopGrid:Silo:Port or CoopGrid:Silo:GatewayPort cannot be listened on: {failure.Message}");
    return 2;
}
