"""What people read for the columns of standard tables: their display names.

Never names a custom column. From Microsoft's table reference, as far as columns are simulated:
https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/account
"""

_ADDRESS = {
    "name": "Name",
    "line1": "Street 1",
    "line2": "Street 2",
    "line3": "Street 3",
    "city": "City",
    "stateorprovince": "State/Province",
    "postalcode": "ZIP/Postal Code",
    "country": "Country/Region",
}
_PREFIXES = {
    "address1": "Address 1: ",
    "address2": "Address 2: ",
    "billto": "Bill To ",
    "shipto": "Ship To ",
}

DISPLAY_NAMES = {
    # of every table
    "createdby": "Created By",
    "createdon": "Created On",
    "exchangerate": "Exchange Rate",
    "importsequencenumber": "Import Sequence Number",
    "modifiedby": "Modified By",
    "modifiedon": "Modified On",
    "overriddencreatedon": "Record Created On",
    "ownerid": "Owner",
    "owningteam": "Owning Team",
    "owninguser": "Owning User",
    "statecode": "Status",
    "statuscode": "Status Reason",
    "transactioncurrencyid": "Currency",
    "versionnumber": "Version Number",
    # of people and firms
    "birthdate": "Birthday",
    "creditlimit": "Credit Limit",
    "creditonhold": "Credit Hold",
    "customertypecode": "Relationship Type",
    "description": "Description",
    "fax": "Fax",
    "firstname": "First Name",
    "jobtitle": "Job Title",
    "lastname": "Last Name",
    "masterid": "Master ID",
    "merged": "Merged",
    "mobilephone": "Mobile Phone",
    "numberofemployees": "Number of Employees",
    "parentaccountid": "Parent Account",
    "parentcustomerid": "Company Name",
    "paymenttermscode": "Payment Terms",
    "primarycontactid": "Primary Contact",
    "telephone1": "Business Phone",
    # of activities and notes
    "activitytypecode": "Activity Type",
    "actualdurationminutes": "Actual Duration",
    "actualend": "Actual End",
    "actualstart": "Actual Start",
    "category": "Category",
    "filename": "File Name",
    "notetext": "Description",
    "percentcomplete": "Percent Complete",
    "prioritycode": "Priority",
    "regardingobjectid": "Regarding",
    "scheduleddurationminutes": "Scheduled Duration",
    "scheduledend": "Due Date",
    "scheduledstart": "Start Date",
    "sortdate": "Sort Date",
    "subject": "Subject",
    # of Sales
    "baseamount": "Amount",
    "closeprobability": "Probability",
    "customerid": "Customer",
    "datedelivered": "Date Delivered",
    "discountamount": "Discount Amount",
    "discountpercentage": "Discount (%)",
    "emailaddress": "Email Address",
    "extendedamount": "Extended Amount",
    "freightamount": "Freight Amount",
    "invoicedetailname": "Name",
    "invoiceid": "Invoice",
    "ispricelocked": "Prices Locked",
    "lineitemnumber": "Line Item Number",
    "manualdiscountamount": "Manual Discount",
    "name": "Name",
    "opportunityid": "Opportunity",
    "opportunityproductname": "Name",
    "pricelevelid": "Price List",
    "priceperunit": "Price Per Unit",
    "pricingerrorcode": "Pricing Error",
    "productdescription": "Write-In Product",
    "quantity": "Quantity",
    "tax": "Tax",
    "totalamount": "Total Amount",
    "totalamountlessfreight": "Total Pre-Freight Amount",
    "totaldiscountamount": "Total Discount Amount",
    "totallineitemamount": "Total Detail Amount",
    "totallineitemdiscountamount": "Total Line Item Discount Amount",
    "totaltax": "Total Tax",
}
DISPLAY_NAMES |= {
    f"{prefix}_{part}": f"{words}{name}"
    for prefix, words in _PREFIXES.items()
    for part, name in _ADDRESS.items()
}
